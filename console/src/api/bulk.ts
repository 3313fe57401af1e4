// Bulks: many deletes in one request, and how far they are.

import { answer, api, inTime } from './client';
import type { Bulk } from './types';

/** Deletes by id; does not wait. With the same key it can be sent again when no answer came. */
export function deleteMany(ids: string[], key: string): Promise<Bulk> {
  const params = { query: { wait: '0s' }, header: { 'Idempotency-Key': key } };
  return answer(api.POST('/mcp/bulk', { params, body: { delete: ids }, signal: inTime() })) as Promise<Bulk>;
}

export function readBulk(id: string): Promise<Bulk> {
  return answer(api.GET('/mcp/bulk/{id}', { params: { path: { id } }, signal: inTime() }));
}
