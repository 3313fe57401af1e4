import { expect, test } from 'vitest';
import { AT_MOST, add, anew, cut, type Entry, matching, NONE } from './lines';

const line = (key: number, text = `line ${key}`): Entry => ({
  key,
  kind: 'line',
  line: { at: null, source: 'stdout', text },
});

test('the newest lines are held, and the count of what was left out is kept', () => {
  const first = add(
    NONE,
    Array.from({ length: AT_MOST }, (_, key) => line(key)),
    null,
  );
  expect(first).toMatchObject({ dropped: 0, came: AT_MOST });
  const then = add(first, [line(AT_MOST), line(AT_MOST + 1)], null);
  expect(then.entries).toHaveLength(AT_MOST);
  expect(then.entries[0]?.key).toBe(2);
  expect(then).toMatchObject({ dropped: 2, came: AT_MOST + 2 });
});

test('what was there before a connection is counted apart from what follows', () => {
  const began = Date.parse('2026-01-01T00:00:10Z');
  const at = (key: number, at: string | null): Entry => ({
    key,
    kind: 'line',
    line: { at, source: 'stdout', text: '' },
  });
  const first = add(NONE, [at(1, '2026-01-01T00:00:09Z'), at(2, null), at(3, '2026-01-01T00:00:11Z')], began);
  expect(first).toMatchObject({ came: 3, tail: 2 });
  const then = add(first, [at(4, null)], null);
  expect(then).toMatchObject({ came: 4, tail: 2 });
  expect(anew(then)).toMatchObject({ entries: [], dropped: 0, came: 4, tail: 0 });
});

test('a search ignores case and colours', () => {
  const entries = [line(1, 'an \u001b[31mERR\u001b[0mOR'), line(2, 'fine')];
  expect(matching(entries, 'error').map(({ key }) => key)).toEqual([1]);
  expect(matching(entries, '')).toBe(entries);
});

test('every second piece of a cut text is what was sought', () => {
  expect(cut('aXbxc', 'x')).toEqual(['a', 'X', 'b', 'x', 'c']);
  expect(cut('abc', '')).toEqual(['abc']);
  expect(cut('İx', 'x').join('')).toBe('İx');
});
