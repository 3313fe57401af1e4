import { expect, test } from 'vitest';
import { Problem } from '../api/problem';
import type { Answer } from './answer';
import type { FieldPlace } from './fields';
import { fieldsOf } from './fields';
import { findingsOf } from './findings';
import { draft, input, row, template } from './fixture';

const form = (variables: string[]): FieldPlace[] =>
  fieldsOf(
    template([input('CITY')]),
    draft({}, { variables: variables.map((key, at) => row(at + 1, key, 'x')) }),
  );

function refused(pointers: string[], sent: string[]): Answer {
  const errors = pointers.map((pointer) => ({ pointer, code: 'bad', message: `${pointer} is bad` }));
  const problem = Problem.of(422, {
    title: 'refused',
    detail: 'refused',
    code: 'hook_denied',
    remedy: 'mend it',
    retryable: false,
    errors,
  });
  return { asked: 'check', template: 'demo', sent: new Set(sent), problem, dryRun: null };
}

const none: ReadonlySet<string> = new Set();
const found = (fields: FieldPlace[], answer: Answer, edited = none) =>
  findingsOf({ fields, complaints: [], answer, edited, left: none, refused: false });

test('an objection leads to its field until the field is edited', () => {
  const answer = refused(['/environment/CITY'], []);
  expect(found(form([]), answer)).toMatchObject({ stands: true, wrong: [{ label: 'CITY' }] });
  expect(found(form([]), answer, new Set(['input CITY']))).toMatchObject({ stands: false, wrong: [] });
});

test('a variable that is wanted can be added; one that was refused and removed is not offered again', () => {
  expect(found(form([]), refused(['/environment/REGION'], [])).missing).toEqual(['REGION']);
  const removed = found(form([]), refused(['/environment/BAD'], ['/environment/BAD']));
  expect(removed).toMatchObject({ missing: [], stands: false });
});

test('what points at no field is told at the top, whatever is edited', () => {
  const edited = new Set(['name', 'input CITY']);
  expect(found(form([]), refused(['/labels'], []), edited).stands).toBe(true);
  const lost: Answer = { ...refused([], []), problem: Problem.unreachable() };
  expect(found(form([]), lost, edited).stands).toBe(true);
});

test('what only may be wrong keeps nothing from being sent, and is not counted', () => {
  const complaints = [
    { pointer: '/name', message: 'taken', sure: false },
    { pointer: '/environment/CITY', message: 'required', sure: true },
  ];
  const all = findingsOf({
    fields: form([]),
    complaints,
    answer: null,
    edited: none,
    left: none,
    refused: true,
  });
  expect(all.wrong.map(({ label }) => label)).toEqual(['CITY']);
});
