import { expect, test } from 'vitest';
import type { Rehearsal } from '../api/types';
import { requestOf, tone } from './rehearsal';

test('what is left empty is as in the configuration', () => {
  expect(requestOf('', ' \n')).toEqual({ body: {} });
  expect(requestOf(' b.wasm ', '{"pattern":"^b"}')).toEqual({
    body: { plugin: 'b.wasm', settings: { pattern: '^b' } },
  });
});

test('settings that are no JSON object are not sent', () => {
  for (const settings of ['{', '[]', '1', 'null', '"text"']) {
    expect(requestOf('', settings)).toHaveProperty('wrong');
  }
});

test('a rehearsal that reviewed nothing proves nothing', () => {
  const none = { reviewed: 0, would_refuse: 0, failed: 0, skipped: 0 };
  const of = (counts: Partial<typeof none>, cut: Rehearsal['cut'] = null) =>
    tone({ instances: { ...none, ...counts }, requests: none, cut } as Rehearsal);
  expect(of({})).toBe('warn');
  expect(of({ reviewed: 3 })).toBe('good');
  expect(of({ reviewed: 3 }, 'timed_out')).toBe('warn');
  expect(of({ reviewed: 3, would_refuse: 1 })).toBe('bad');
  expect(of({ reviewed: 3, failed: 1 })).toBe('bad');
});
