// The statuses of an instance, as a list to choose from.

import type { Status } from '../api/types';

/** In the order of an instance's life. `gone` is only seen in events. */
export const STATUSES = [
  'requested',
  'creating',
  'created',
  'running',
  'unhealthy',
  'recovering',
  'failed',
  'deleting',
] as const satisfies readonly Status[];
