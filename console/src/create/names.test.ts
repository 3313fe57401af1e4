import { expect, test } from 'vitest';
import { suggest, unfit } from './names';

test('a name is a DNS label that is no UUID', () => {
  for (const good of ['a', 'a-1', '0', 'x'.repeat(63)]) expect(unfit(good)).toBeNull();
  for (const bad of ['', 'A', '-a', 'a-', 'a_b', 'ä', 'x'.repeat(64), '0199a0de-7c3a-7000-8000-000000000000'])
    expect(unfit(bad), bad).not.toBeNull();
});

test('a suggestion is free, and a name whatever the template is called', () => {
  expect(suggest('demo', new Set())).toBe('demo');
  expect(suggest('demo', new Set(['demo', 'demo-2']))).toBe('demo-3');
  const long = suggest('x'.repeat(63), new Set(['x'.repeat(63)]));
  expect(unfit(long)).toBeNull();
  expect(long).toMatch(/-2$/);
});
