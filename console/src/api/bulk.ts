// Bulks: many deletes in one request, and how far they are.

import { answer, api } from './client';
import type { Bulk } from './types';

/** Deletes by id; does not wait. */
export function deleteMany(ids: string[]): Promise<Bulk> {
  return answer(
    api.POST('/mcp/bulk', { params: { query: { wait: '0s' } }, body: { delete: ids } }),
  ) as Promise<Bulk>;
}

export function readBulk(id: string): Promise<Bulk> {
  return answer(api.GET('/mcp/bulk/{id}', { params: { path: { id } } }));
}
