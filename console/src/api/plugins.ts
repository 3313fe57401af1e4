// Plugins: what the configuration wants, what serves, and how the configuration itself stands.

import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import { keys } from './keys';

/** Calls and durations change all the time, and no event tells a swap. */
const REFRESH = 10_000;

export const pluginsQuery = queryOptions({
  queryKey: keys.plugins,
  queryFn: ({ signal }) => answer(api.GET('/mcp/plugins', { signal })),
  refetchInterval: REFRESH,
});
