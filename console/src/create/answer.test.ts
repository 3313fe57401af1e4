import { expect, test } from 'vitest';
import { Problem } from '../api/problem';
import type { Admission, ProblemBody } from '../api/types';
import { AT } from '../testing/samples';
import { type Answer, saidIn } from './answer';
import { NAME } from './fields';
import { notesOf } from './notes';

function verdict(hook: string, mode: Admission['mode'], pointer: string): Admission {
  return {
    hook,
    verdict: 'deny',
    code: 'hook_denied',
    mode,
    message: 'no',
    violations: [{ pointer, code: 'bad', message: 'no' }],
    digest: 'sha256:0',
    settings_hash: null,
    generation: 1,
    at: AT,
    took_us: 1,
  };
}

function refused(fields: Partial<ProblemBody>): Answer {
  const body = {
    type: '/docs/problems/x',
    title: 'refused',
    status: 422,
    detail: 'the name is taken',
    code: 'hook_denied',
    errors: [],
    remedy: 'Choose another.',
    retryable: false,
    request_id: 'r',
    ...fields,
  };
  return {
    asked: 'create',
    template: 'demo',
    sent: new Set(),
    problem: Problem.of(body.status, body),
    dryRun: null,
  };
}

test('a hook’s objection is told once, with the hook’s name', () => {
  const errors = [{ pointer: '/name', code: 'bad', message: 'no' }];
  const answer = refused({ errors, admission: [verdict('naming', 'enforce', '/name')] });
  expect(saidIn(answer)).toEqual([{ pointer: '/name', message: 'naming: no', tone: 'bad' }]);
});

test('a hook that only audits warns, also where the request is fine', () => {
  const admission = [verdict('trial', 'audit', '/name')];
  const dryRun = {
    dry_run: true,
    request: {
      name: 'a',
      description: null,
      template: 'demo',
      provisioner: 'local',
      environment: {},
      secrets: [],
      labels: {},
    },
    admission,
    warnings: [],
  };
  const [said] = saidIn({ asked: 'check', template: 'demo', sent: new Set(), problem: null, dryRun });
  expect(said).toMatchObject({ pointer: '/name', tone: 'warn' });
});

test('a name that is taken is said at the name, though the problem points nowhere', () => {
  const [said] = saidIn(refused({ code: 'name_taken', status: 409 }));
  expect(said).toEqual({
    pointer: '/name',
    message: 'The name is taken. Choose another one, or delete that instance.',
    tone: 'bad',
  });
});

test('what was said of a field is over when the field is edited, and the daemon’s word goes first', () => {
  const said = saidIn(refused({ errors: [{ pointer: '/name', code: 'bad', message: 'told' }] }));
  const own = [{ pointer: '/name', message: 'own', sure: false }];
  const ripe = () => true;
  expect(notesOf(own, said, ripe, new Set()).errors(NAME)).toEqual(['told']);
  expect(notesOf(own, said, ripe, new Set(['name'])).errors(NAME)).toEqual(['own']);
});
