// Instances: reading them, and what can be asked of one. The list is not here: `live/` keeps it.

import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { answer, api, inTime } from './client';
import { keys } from './keys';
import type { CreateRequest, DryRun, Instance, InstanceList } from './types';

/** The most that the daemon gives at once. */
const PAGE = 500;

export function listInstances(cursor: string | null, signal: AbortSignal): Promise<InstanceList> {
  const query = cursor === null ? { limit: PAGE } : { limit: PAGE, cursor };
  return answer(api.GET('/mcp/instances', { params: { query }, signal: inTime(signal) }));
}

export function readInstance(id: string, signal?: AbortSignal): Promise<Instance> {
  return answer(api.GET('/mcp/instances/{id}', { params: { path: { id } }, signal: inTime(signal) }));
}

export function instanceQuery(id: string) {
  return queryOptions({
    queryKey: keys.instances.one(id),
    queryFn: ({ signal }) => readInstance(id, signal),
  });
}

/**
 * Does not wait for the outcome: the event stream tells it. With the same key it can be sent again when no answer
 * came, and makes nothing twice.
 */
export function createInstance(body: CreateRequest, key: string): Promise<Instance> {
  const params = { query: { wait: '0s' }, header: { 'Idempotency-Key': key } };
  return answer(api.POST('/mcp/instances', { params, body })) as Promise<Instance>;
}

/** Asks every hook and creates nothing. */
export function checkInstance(body: CreateRequest): Promise<DryRun> {
  return answer(
    api.POST('/mcp/instances', { params: { query: { dry_run: true } }, body }),
  ) as Promise<DryRun>;
}

/** Which one, and the revision it was last seen at: what changed meanwhile refuses the act. */
type Seen = Pick<Instance, 'id' | 'name' | 'revision'>;

function only({ id, revision }: Seen) {
  return { path: { id }, header: { 'If-Match': `"${revision}"` } };
}

export async function deleteInstance(seen: Seen): Promise<void> {
  await answer(api.DELETE('/mcp/instances/{id}', { params: { ...only(seen), query: { wait: '0s' } } }));
}

/** Forgets the record, whatever may remain outside. */
export async function forgetInstance(seen: Seen): Promise<void> {
  await answer(api.DELETE('/mcp/instances/{id}', { params: { ...only(seen), query: { force: true } } }));
}

export function retryInstance(id: string): Promise<Instance> {
  return answer(api.POST('/mcp/instances/{id}/retry', { params: { path: { id } } }));
}

export function restartInstance(seen: Seen): Promise<Instance> {
  return answer(api.POST('/mcp/instances/{id}/restart', { params: only(seen) }));
}

/** One act on one instance; what is cached of it is read again afterwards, however it ended. */
export function useInstanceAct<T>(act: (seen: Seen) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSettled: (_answer, _problem, { id, name }) =>
      Promise.all(
        // A page may know it by its name.
        [id, name].map((known) =>
          client.invalidateQueries({ queryKey: keys.instances.one(known), exact: true }),
        ),
      ),
  });
}

/** Its history; also of a deleted one, by its id. */
export function eventsQuery(id: string) {
  return queryOptions({
    queryKey: keys.instances.events(id),
    queryFn: ({ signal }) =>
      answer(api.GET('/mcp/instances/{id}/events', { params: { path: { id } }, signal })),
    select: (list) => list.events,
  });
}
