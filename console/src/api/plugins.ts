// Plugins: what the configuration wants, what serves, how the configuration itself stands, and what can be asked of them.

import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import { keys } from './keys';
import type { Plugin, PluginList, Rehearsal, RehearsalRequest } from './types';

/** Calls and durations change all the time, and no event tells a swap. */
const REFRESH = 10_000;

export const pluginsQuery = queryOptions({
  queryKey: keys.plugins,
  queryFn: ({ signal }) => answer(api.GET('/mcp/plugins', { signal })),
  refetchInterval: REFRESH,
});

export interface Reloaded {
  list: PluginList;
  /** The daemon waits for it as long as it is configured to: whether that was long enough. */
  finished: boolean;
  /** The generation that was known before, if one was. */
  before: number | null;
}

function rollbackPlugin({ name, kind }: Pick<Plugin, 'name' | 'kind'>): Promise<PluginList> {
  return answer(api.POST('/mcp/plugins/{name}/rollback', { params: { path: { name }, query: { kind } } }));
}

export function rehearseHook(name: string, body: RehearsalRequest): Promise<Rehearsal> {
  return answer(api.POST('/mcp/hooks/{name}/rehearse', { params: { path: { name } }, body }));
}

export function useReload() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (): Promise<Reloaded> => {
      const before = client.getQueryData<PluginList>(keys.plugins)?.generation ?? null;
      const call = api.POST('/mcp/plugins/reload');
      const list = await answer(call);
      return { list, finished: (await call).response.status === 200, before };
    },
    onSuccess: ({ list }) => {
      client.setQueryData(keys.plugins, list);
      // A configuration that was read again may have other provisioners and templates.
      void client.invalidateQueries({ queryKey: keys.provisioners });
      void client.invalidateQueries({ queryKey: keys.templates });
    },
  });
}

export function useRollback() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: rollbackPlugin,
    onSuccess: (list) => client.setQueryData(keys.plugins, list),
    onError: () => client.invalidateQueries({ queryKey: keys.plugins }),
  });
}
