// How far the creation of an instance is: its history and its status, as steps. Pure.

import type { InstanceEvent, Status } from '../api/types';

export const STEPS = ['requested', 'creating', 'created', 'running'] as const;

export interface Step {
  readonly status: (typeof STEPS)[number];
  /** `stopped`: here it went no further, for now or for good. */
  readonly state: 'done' | 'now' | 'ahead' | 'stopped';
  /** When it got there, at its last attempt. */
  readonly at: string | null;
}

/** Where it stands when it is none of the steps: what it did not reach. */
const STOPS_BEFORE: Partial<Record<Status, number>> = { unhealthy: 3, recovering: 3, failed: 3 };

export function stepsOf(status: Status, events: readonly InstanceEvent[]): Step[] {
  const at = STEPS.map((step) => lastAt(step, events));
  const reached = STEPS.indexOf(status as Step['status']);
  const created = at[2] !== null;
  // A failure that came before any workload was made stopped at the making.
  const stopped = reached >= 0 ? -1 : created ? (STOPS_BEFORE[status] ?? 3) : 1;
  return STEPS.map((step, place) => ({
    status: step,
    at: reached >= 0 && place > reached ? null : (at[place] ?? null),
    state:
      reached < 0
        ? place < stopped
          ? 'done'
          : place === stopped
            ? 'stopped'
            : 'ahead'
        : place < reached || status === 'running'
          ? 'done'
          : place === reached
            ? 'now'
            : 'ahead',
  }));
}

function lastAt(status: Status, events: readonly InstanceEvent[]): string | null {
  return events.findLast((event) => event.to === status && event.from !== status)?.at ?? null;
}
