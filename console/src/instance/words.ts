// The daemon's words for conditions and events, as sentences for people. Words that are newer than this console
// are shown as they are.

import type { Instance, InstanceEvent } from '../api/types';

const CONDITIONS: Record<string, string> = {
  WorkloadObserved: 'Its provisioner sees the workload running',
  PortOpen: 'A connection to its endpoint opens',
  HttpAnswers: 'Something answers HTTP there',
  Handshake: 'What answers there speaks MCP',
  ToolsListed: 'It lists its tools',
  Authenticated: 'It lets Wharfinger in without credentials of a user',
  BackendReachable: 'The backend of its provisioner answers',
  TemplateHonoured: 'The backend honours everything the template asks for',
  RecoveryHeldBack: 'Its workload should be made anew, and that waits',
  OrphanSuspected: 'A workload of an earlier name may remain where nobody can see it',
};

export function conditionWords(type: string): string | null {
  return CONDITIONS[type] ?? null;
}

const EVENTS: Record<string, string> = {
  accepted: 'The request was accepted',
  adopted: 'A workload that was there was adopted',
  'create-started': 'Its workload is being made',
  'create-succeeded': 'Its workload is made',
  'create-pending': 'The backend is still making its workload',
  'outcome-unknown': 'Nobody knows whether the workload was made: it is looked for',
  renamed: 'The next workload gets another name',
  'recovery-scheduled': 'The workload will be made anew',
  'gave-up': 'Given up: it needs a person',
  'became-healthy': 'It answers as an MCP server',
  'became-unhealthy': 'It does not answer as it should',
  'workload-moved': 'Its workload is at another address',
  'conditions-changed': 'What is known about it changed',
  stabilised: 'It ran long enough: earlier attempts are forgiven',
  'orphan-removed': 'What was left of its earlier workload is removed',
  'destroy-failed': 'Its workload could not be removed: it is tried again',
  'retry-requested': 'Somebody asked to try it again',
  'restart-requested': 'Somebody asked to restart it',
  'delete-requested': 'Somebody asked to delete it',
  'delete-succeeded': 'It is deleted',
  'forget-requested': 'Somebody asked to forget it, whatever may remain',
};

export function eventWords(type: string): string {
  return EVENTS[type] ?? type;
}

/** Why deleting goes on and on; null while nothing speaks for that. */
export function deletionHindered(
  instance: Pick<Instance, 'status' | 'conditions'>,
  events: readonly InstanceEvent[],
): string | null {
  if (instance.status !== 'deleting') return null;
  const failed = events.findLast(({ type }) => type === 'destroy-failed' || type === 'delete-requested');
  if (failed?.type === 'destroy-failed') return failed.message ?? 'its workload could not be removed';
  const backend = instance.conditions.find(({ type }) => type === 'BackendReachable');
  return backend?.status === 'False' ? backend.message : null;
}
