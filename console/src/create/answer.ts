// What the daemon and its hooks said of a request, sorted to the parts of it that they point at. Pure.

import type { Problem } from '../api/problem';
import type { Admission, DryRun } from '../api/types';

/** An answer to "Check" or "Create", as far as it is not an instance. */
export interface Answer {
  readonly asked: 'check' | 'create';
  /** Which template it was about. */
  readonly template: string;
  readonly problem: Problem | null;
  readonly dryRun: DryRun | null;
}

export interface Said {
  readonly pointer: string;
  readonly message: string;
  /** A refusal, or what a hook on trial would have refused. */
  readonly tone: 'bad' | 'warn';
}

/** Problems that are about one part of the request and do not say so with a pointer. */
const ABOUT: Record<string, string> = {
  name_taken: '/name',
  name_deleting: '/name',
  provisioner_retired: '/provisioner',
  provisioner_disabled: '/provisioner',
};

export function admissionOf(answer: Answer): readonly Admission[] {
  return answer.dryRun?.admission ?? answer.problem?.body?.admission ?? [];
}

/** Each objection once. A hook's names the hook, so that its reason is not taken for the daemon's. */
export function saidIn(answer: Answer): Said[] {
  const said: Said[] = [];
  const hooked = new Set<string>();
  for (const { hook, mode, verdict, violations } of admissionOf(answer)) {
    if (verdict !== 'deny') continue;
    for (const { pointer, code, message } of violations) {
      const enforced = mode === 'enforce';
      if (enforced) hooked.add(`${pointer} ${code} ${message}`);
      said.push({
        pointer,
        message: enforced ? `${hook}: ${message}` : `${hook} (only audits): ${message}`,
        tone: enforced ? 'bad' : 'warn',
      });
    }
  }
  const { problem } = answer;
  if (problem === null) return said;
  for (const { pointer, code, message } of problem.errors) {
    if (!hooked.has(`${pointer} ${code} ${message}`)) said.push({ pointer, message, tone: 'bad' });
  }
  const about = ABOUT[problem.code];
  if (about !== undefined && problem.errors.length === 0) {
    said.push({ pointer: about, message: `${sentence(problem.detail)} ${problem.remedy}`, tone: 'bad' });
  }
  return said;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}
