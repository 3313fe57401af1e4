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

export function stepsOf(status: Status, events: readonly InstanceEvent[]): Step[] {
  const at = STEPS.map((step) => lastAt(step, events));
  const reached = STEPS.indexOf(status as Step['status']);
  const stopped = stop(status, at);
  return STEPS.map((step, place) => ({
    status: step,
    at: reached >= 0 && place > reached ? null : (at[place] ?? null),
    state: reached >= 0 ? onTheWay(place, reached) : offTheWay(place, stopped),
  }));
}

function onTheWay(place: number, reached: number): Step['state'] {
  if (place < reached || reached === STEPS.length - 1) return 'done';
  return place === reached ? 'now' : 'ahead';
}

function offTheWay(place: number, stop: number): Step['state'] {
  if (place < stop) return 'done';
  return place === stop ? 'stopped' : 'ahead';
}

/** The step that was not reached. A failure before there was any workload is one of the making. */
function stop(status: Status, at: readonly (string | null)[]): number {
  if ((status === 'deleting' || status === 'gone') && at[3] != null) return STEPS.length;
  return at[2] != null ? 3 : 1;
}

function lastAt(status: Status, events: readonly InstanceEvent[]): string | null {
  return events.findLast((event) => event.to === status && event.from !== status)?.at ?? null;
}
