// Orphans: workloads that carry this installation's mark and have no record, and what a person decides about them.

import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import { keys } from './keys';
import type { CreateRequest, Instance, Orphan } from './types';

/** Found by the daemon's own rounds, and no event tells it. */
const REFRESH = 30_000;

export const orphansQuery = queryOptions({
  queryKey: keys.orphans,
  queryFn: ({ signal }) => answer(api.GET('/mcp/orphans', { signal })),
  select: (list) => list.orphans,
  refetchInterval: REFRESH,
});

function place({ workload, provisioner }: Orphan) {
  return { path: { workload }, query: { provisioner } };
}

async function adopt({ orphan, body }: { orphan: Orphan; body: CreateRequest }): Promise<Instance> {
  return answer(api.POST('/mcp/orphans/{workload}/adopt', { params: place(orphan), body }));
}

async function purge(orphan: Orphan): Promise<Orphan> {
  return answer(api.POST('/mcp/orphans/{workload}/purge', { params: place(orphan) }));
}

export function useAdopt() {
  const onSettled = useForgetOrphans();
  // What was asked for may hold secrets: it is not kept.
  return useMutation({ mutationFn: adopt, onSettled, gcTime: 0 });
}

export function usePurge() {
  const onSettled = useForgetOrphans();
  return useMutation({ mutationFn: purge, onSettled });
}

/** The list is read again, however it ended. */
function useForgetOrphans() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: keys.orphans });
}
