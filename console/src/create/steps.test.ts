import { expect, test } from 'vitest';
import { event } from '../testing/samples';
import { stepsOf } from './steps';

const states = (...args: Parameters<typeof stepsOf>) =>
  stepsOf(...args)
    .map(({ state }) => state)
    .join(' ');

const upTo = (count: number) =>
  (['requested', 'creating', 'created', 'running'] as const)
    .slice(0, count)
    .map((to, at) => event(at + 1, 'a', to));

test('each step is done when the next is under way', () => {
  expect(states('requested', upTo(1))).toBe('now ahead ahead ahead');
  expect(states('creating', upTo(2))).toBe('done now ahead ahead');
  expect(states('created', upTo(3))).toBe('done done now ahead');
  expect(states('running', upTo(4))).toBe('done done done done');
});

test('a failure is at the step that was not reached', () => {
  expect(states('failed', upTo(2))).toBe('done stopped ahead ahead');
  expect(states('failed', upTo(3))).toBe('done done done stopped');
  expect(states('recovering', upTo(3))).toBe('done done done stopped');
});

test('another attempt begins at its step again, without the times of the one before', () => {
  const [, creating, created] = stepsOf('creating', [
    ...upTo(3),
    event(4, 'a', 'recovering'),
    event(5, 'a', 'creating'),
  ]);
  expect(creating?.state).toBe('now');
  expect(created).toMatchObject({ state: 'ahead', at: null });
});

test('what ran before it was deleted did reach every step', () => {
  expect(states('gone', [...upTo(4), event(5, 'a', 'deleting')])).toBe('done done done done');
  expect(states('deleting', [...upTo(3), event(5, 'a', 'deleting')])).toBe('done done done stopped');
});
