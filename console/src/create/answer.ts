// What the daemon and its hooks said of a request, sorted to the parts of it that they point at. Pure.

import type { Problem } from '../api/problem';
import type { Admission, CreateRequest, DryRun } from '../api/types';
import { pointerTo } from './pointers';

/** An answer to "Check" or "Create", as far as it is not an instance. */
export interface Answer {
  readonly asked: 'check' | 'create';
  /** Which template it was about. */
  readonly template: string;
  /** What was in the request: the pointers of its variables and labels, and none of their values. */
  readonly sent: ReadonlySet<string>;
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
const ABOUT: Record<string, { pointer: string; advice: string }> = {
  name_taken: { pointer: '/name', advice: 'Choose another one, or delete that instance.' },
  name_deleting: { pointer: '/name', advice: 'Choose another one, or wait until it is gone.' },
  provisioner_retired: { pointer: '/provisioner', advice: 'Choose another one.' },
  provisioner_disabled: { pointer: '/provisioner', advice: 'Choose another one.' },
};

/** Whether the daemon said nothing at all: then nobody knows what became of the request. */
export function isLost(answer: Answer | null): boolean {
  return answer?.problem != null && answer.problem.body === null;
}

export function admissionOf(answer: Answer): readonly Admission[] {
  return answer.dryRun?.admission ?? answer.problem?.body?.admission ?? [];
}

export function sentIn(request: CreateRequest): Set<string> {
  const { environment = {}, secrets = {}, labels = {} } = request;
  return new Set(
    Object.entries({ environment, secrets, labels }).flatMap(([member, all]) =>
      Object.keys(all).map((key) => pointerTo(member, key)),
    ),
  );
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
    said.push({
      pointer: about.pointer,
      message: `${sentence(problem.detail)} ${about.advice}`,
      tone: 'bad',
    });
  }
  return said;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}
