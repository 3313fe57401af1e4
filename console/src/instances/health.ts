// Health: the judgement over an instance's conditions, in one word for a table. Pure.
//
// The rungs of the health ladder are asked from the lowest to the highest, and the first that does not hold says
// what is wrong: what lies above it could not be asked.

import type { Condition, Instance } from '../api/types';
import type { Tone } from '../design/badge';

export interface Health {
  tone: Tone;
  word: string;
  /** For people, in full; null when there is nothing more to say. */
  why: string | null;
}

/** Lowest first; what each says when it does not hold, and how bad that is. */
const RUNGS: [type: string, word: string, tone: Tone][] = [
  ['WorkloadObserved', 'Workload not seen', 'bad'],
  ['PortOpen', 'Port closed', 'bad'],
  ['HttpAnswers', 'No HTTP answer', 'bad'],
  ['Handshake', 'No MCP handshake', 'warn'],
  ['ToolsListed', 'No list of tools', 'warn'],
];

/** What does not make an instance ill, and should be seen; each with the status that says so. */
const CONCERNS: [type: string, status: Condition['status'], word: string][] = [
  ['BackendReachable', 'False', 'Backend not reached'],
  ['RecoveryHeldBack', 'True', 'Recovery held back'],
  ['OrphanSuspected', 'True', 'Orphan suspected'],
  ['TemplateHonoured', 'Warning', 'Template not all honoured'],
];

export function healthOf(instance: Instance): Health {
  if (instance.status === 'failed') {
    return { tone: 'bad', word: 'Failed', why: instance.error?.message ?? null };
  }
  if (instance.status === 'deleting') return { tone: 'still', word: 'No longer watched', why: null };
  const conditions = new Map(instance.conditions.map((condition) => [condition.type, condition]));
  const authenticated = conditions.get('Authenticated');
  if (authenticated?.status === 'False') {
    return { tone: 'warn', word: 'Needs credentials', why: authenticated.message };
  }
  for (const [type, word, tone] of RUNGS) {
    const rung = conditions.get(type);
    if (rung?.status === 'False') return { tone, word, why: rung.message };
    if (rung?.status === 'Unknown') return { tone: 'still', word: 'Not known', why: rung.message };
  }
  for (const [type, status, word] of CONCERNS) {
    const concern = conditions.get(type);
    if (concern?.status === status) return { tone: 'warn', word, why: concern.message };
  }
  if (instance.status === 'running') return { tone: 'good', word: 'Healthy', why: null };
  return { tone: 'still', word: 'Not known yet', why: null };
}
