import { expect, test } from 'vitest';
import { parseSearch, stringifySearch } from '../search';
import { instance } from '../testing/samples';
import { cleared, narrows, passes, readFilter, replaced, select, toggled } from './filter';

test('a filter survives the address', () => {
  const filter = readFilter({
    q: 'sea & land=1',
    status: ['failed', 'unhealthy'],
    label: ['team=a,b', 'x'],
    order: 'oldest',
  });
  expect(readFilter(parseSearch(stringifySearch({ ...filter })))).toEqual(filter);
});

test('the address is plain pairs', () => {
  expect(stringifySearch({ status: ['failed', 'running'], q: '' })).toBe('?status=failed&status=running');
});

test('what is no filter is left out, and not believed', () => {
  expect(readFilter({ status: 'gone', order: 'sideways', other: 'x', q: '' })).toEqual({});
});

test('one status may be given alone, and several are alternatives', () => {
  expect(readFilter({ status: 'failed' }).status).toEqual(['failed']);
  const filter = readFilter({ status: ['failed', 'running'] });
  expect(passes(filter, instance('a', { status: 'running' }))).toBe(true);
  expect(passes(filter, instance('a', { status: 'created' }))).toBe(false);
});

test('labels must all be there; a key alone asks for any value', () => {
  const labelled = instance('a', { labels: { team: 'sea', url: 'a=b' } });
  expect(passes({ label: ['team=sea', 'url=a=b'] }, labelled)).toBe(true);
  expect(passes({ label: ['team'] }, labelled)).toBe(true);
  expect(passes({ label: ['team=sea', 'other'] }, labelled)).toBe(false);
  expect(passes({ label: ['constructor'] }, labelled)).toBe(false);
});

test('newest is first unless it is asked otherwise, and order narrows nothing', () => {
  const all = [instance('2'), instance('1'), instance('3')];
  expect(select({}, all).map(({ id }) => id)).toEqual(['3', '2', '1']);
  expect(select({ order: 'oldest' }, all).map(({ id }) => id)).toEqual(['1', '2', '3']);
  expect(narrows({ order: 'oldest' })).toBe(false);
  expect(narrows({ q: 'a' })).toBe(true);
});

test('one change leaves the others as they are', () => {
  const one = toggled(toggled({ q: 'a' }, 'status', 'failed', true), 'status', 'running', true);
  expect(one).toEqual({ q: 'a', status: ['failed', 'running'] });
  expect(toggled(one, 'status', 'failed', true).status).toEqual(['running', 'failed']);
  expect(toggled({ label: ['x'] }, 'label', 'x', false)).toEqual({});
  expect(replaced(one, 'q', undefined)).toEqual({ status: ['failed', 'running'] });
  expect(cleared({ ...one, order: 'oldest' })).toEqual({ order: 'oldest' });
  expect(cleared(one)).toEqual({});
});
