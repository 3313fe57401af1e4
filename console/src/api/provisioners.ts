// Provisioners: who makes workloads, and whether its backend answers.

import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import { keys } from './keys';

/** Events tell when one is paused; calls in flight and reachability change without. */
const REFRESH = 10_000;

export const provisionersQuery = queryOptions({
  queryKey: keys.provisioners,
  queryFn: ({ signal }) => answer(api.GET('/mcp/provisioners', { signal })),
  select: (list) => list.provisioners,
  refetchInterval: REFRESH,
});
