// Templates: what instances can be made from.

import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import { keys } from './keys';

/** A template's file may change at any time, and no event tells it. */
const REFRESH = 30_000;

export const templatesQuery = queryOptions({
  queryKey: keys.templates,
  queryFn: ({ signal }) => answer(api.GET('/mcp/templates', { signal })),
  select: (list) => list.templates,
  refetchInterval: REFRESH,
});
