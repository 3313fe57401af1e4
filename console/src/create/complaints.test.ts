import { expect, test } from 'vitest';
import { complaintsOf } from './complaints';
import { EMPTY } from './draft';
import { draft, input, row, template } from './fixture';

const none: ReadonlySet<string> = new Set();
const of = (...args: Parameters<typeof complaintsOf>) =>
  complaintsOf(...args).map(({ pointer, sure }) => `${pointer}${sure ? '' : ' perhaps'}`);

test('what the template requires is missed, unless it has a default', () => {
  const wanted = template([
    input('A', { required: true }),
    input('B', { required: true, default: 'b' }),
    input('C', { required: true, secret: true }),
  ]);
  expect(of(wanted, EMPTY, 'demo', none)).toEqual(['/environment/A', '/environment/C']);
});

test('a name that is taken keeps nothing from being sent: it may be what a lost answer made', () => {
  expect(of(template([]), EMPTY, 'demo', new Set(['demo']))).toEqual(['/name perhaps']);
});

test('a pattern is a doubt, since only the daemon’s expressions count', () => {
  const coded = template([input('CODE', { pattern: 'a|b' })]);
  expect(of(coded, draft({ CODE: 'b' }), 'demo', none)).toEqual([]);
  expect(of(coded, draft({ CODE: 'ab' }), 'demo', none)).toEqual(['/environment/CODE perhaps']);
});

test('a pattern that this browser does not know complains of nothing', () => {
  const foreign = template([input('CODE', { pattern: '(?x) [[:alpha:]]+' })]);
  expect(of(foreign, draft({ CODE: '1' }), 'demo', none)).toEqual([]);
});

test('choices and formats are held as the daemon holds them', () => {
  const kinds = template([
    input('N', { format: 'number' }),
    input('B', { format: 'boolean' }),
    input('F', { format: 'filepath', default: '/x' }),
    input('C', { choices: ['a'] }),
  ]);
  expect(of(kinds, draft({ N: '-1.5', B: 'true', F: '/y', C: 'a' }), 'demo', none)).toEqual([]);
  expect(of(kinds, draft({ N: '1x', B: 'yes', F: '', C: 'b' }), 'demo', none)).toHaveLength(4);
});

test('rows without a name, with one twice, or with an input’s are refused', () => {
  const rows = {
    variables: [row(1, '', 'x'), row(2, 'A', '1'), row(3, 'A', '2'), row(4, '1A', ''), row(5, 'IN', '')],
    labels: [row(1, 'k', ''), row(2, 'k', '')],
  };
  expect(of(template([input('IN')]), draft({}, rows), 'demo', none)).toEqual([
    'variable 1',
    'variable 3',
    'variable 4',
    'variable 5',
    'label 2',
  ]);
});

test('a pattern that could keep the browser busy is left to the daemon', () => {
  const held = (pattern: string, value: string) =>
    of(template([input('CODE', { pattern })]), draft({ CODE: value }), 'demo', none).length > 0;
  const long = 'a'.repeat(40);
  for (const slow of ['(a+)+', '(a|a)*', '(?:a?){40}', '(a*)?b', '.*.*.*.*.*x', 'a?'.repeat(30)]) {
    expect(held(slow, `${long}!`)).toBe(false);
  }
  expect(held('[a-z]+-[a-z]+', 'a')).toBe(true);
  expect(held('[a-z]+-[a-z]+', 'a'.repeat(10_000))).toBe(false);
  // Neither what is escaped nor a class repeats, and a number of times is no choice.
  expect(held('\\p{L}[+*?]{3}\\(\\)\\+(?:a|b)', 'x'.repeat(200))).toBe(true);
});
