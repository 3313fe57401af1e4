// Records and events for tests, as the daemon would give them.

import type { Condition, Instance, InstanceEvent, InstanceList, Status } from '../api/types';

export const AT = '2026-11-25T12:00:00Z';

export function instance(id: string, fields: Partial<Instance> = {}): Instance {
  return {
    id,
    name: `name-${id}`,
    description: null,
    template: 'demo',
    provisioner: 'local',
    status: 'running',
    conditions: [],
    endpoint: null,
    workload: null,
    environment: {},
    secrets: [],
    labels: {},
    error: null,
    attempt: 0,
    next_attempt_at: null,
    admission: [],
    created_at: AT,
    updated_at: AT,
    observed_at: AT,
    revision: 1,
    ...fields,
  };
}

export function condition(type: string, status: Condition['status'], message = ''): Condition {
  return { type, status, reason: 'Because', message, since: AT, latency_us: null };
}

export function event(revision: number, id: string | null, to: Status | null = 'running'): InstanceEvent {
  return {
    revision,
    at: AT,
    instance: id === null ? null : { id, name: `name-${id}` },
    type: 'became-healthy',
    from: null,
    to,
    reason: null,
    message: null,
  };
}

export function page(revision: number, instances: Instance[], next: string | null = null): InstanceList {
  return { instances, next_cursor: next, revision };
}
