import { expect, test } from 'vitest';
import { Problem } from './problem';
import { problemOf } from './reading';

const said = Problem.of(500, { code: 'internal', title: 't', detail: 'd', remedy: 'r', retryable: true });

test('a daemon that is away is no problem of a page that has something to show', () => {
  for (const error of [Problem.unreachable(), Problem.of(502, null)]) {
    expect(problemOf({ data: [], error })).toBeNull();
    expect(problemOf({ data: undefined, error })).toBe(error);
  }
});

test('what the daemon says, and what the console got wrong, is always shown', () => {
  expect(problemOf({ data: [], error: said })).toBe(said);
  expect(problemOf({ data: [], error: new Error('x') })?.code).toBe('console_error');
  expect(problemOf({ data: [], error: null })).toBeNull();
});
