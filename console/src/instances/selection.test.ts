import { expect, test } from 'vitest';
import { extend, NOTHING, toggle } from './selection';

const SHOWN = ['a', 'b', 'c', 'd', 'e'];

test('a range goes from the last single choice to here, in either direction', () => {
  expect([...extend(toggle(NOTHING, 'b'), 'd', SHOWN).ids].sort()).toEqual(['b', 'c', 'd']);
  expect([...extend(toggle(NOTHING, 'd'), 'b', SHOWN).ids].sort()).toEqual(['b', 'c', 'd']);
});

test('a range that begins with a deselection deselects', () => {
  const all = { ids: new Set(SHOWN), anchor: null };
  expect([...extend(toggle(all, 'b'), 'd', SHOWN).ids]).toEqual(['a', 'e']);
});

test('without a beginning that is shown, a range is a single choice', () => {
  expect([...extend(NOTHING, 'c', SHOWN).ids]).toEqual(['c']);
  expect([...extend({ ids: new Set(['x']), anchor: 'x' }, 'c', SHOWN).ids].sort()).toEqual(['c', 'x']);
});
