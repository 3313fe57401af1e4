import { expect, test } from 'vitest';
import { backoff } from './backoff';

test('each failure in a row doubles the wait, up to a cap', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => backoff(failures, 1));
  expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

test('half of the wait is left to chance', () => {
  expect(backoff(3, 0)).toBe(1_000);
  expect(backoff(3, 0.5)).toBe(1_500);
});
