import { expect, test } from 'vitest';
import { anew, EMPTY, give, isUntouched, typedKey } from './draft';
import { draft, input, row, template } from './fixture';
import { requestOf } from './request';

const token = input('TOKEN', { secret: true });
const level = input('LEVEL', { default: 'info' });
const city = input('CITY');

test('what is left empty is not given, and a default is given as it is shown', () => {
  const request = requestOf(template([token, level, city]), EMPTY, 'demo');
  expect(request).toEqual({
    name: 'demo',
    template: 'demo',
    environment: { LEVEL: 'info' },
    secrets: {},
    labels: {},
  });
});

test('a default that was emptied does not come back unseen', () => {
  expect(requestOf(template([level]), draft({ LEVEL: '' }), 'demo').environment).toEqual({ LEVEL: '' });
});

test('secrets are only in secrets, those of own rows too', () => {
  const filled = draft(
    { TOKEN: 't', CITY: 'Oslo' },
    { variables: [row(1, 'A', 'a'), row(2, 'B', 'b', true), row(3, '', '')] },
  );
  const request = requestOf(template([token, city]), filled, 'demo');
  expect(request.environment).toEqual({ CITY: 'Oslo', A: 'a' });
  expect(request.secrets).toEqual({ TOKEN: 't', B: 'b' });
});

test('any word can be a name, also one that objects have already', () => {
  const labels = [row(1, '__proto__', 'x'), row(2, 'constructor', 'y')];
  const request = requestOf(template([input('toString')]), draft({}, { labels }), 'demo');
  expect(JSON.stringify(request.labels)).toBe('{"__proto__":"x","constructor":"y"}');
  expect(request.environment).toEqual({});
});

test('another template takes nothing that was given to the one before', () => {
  const filled = give(draft({}, { name: 'mine', labels: [row(1, 'a', 'b')] }), token, 'secret');
  expect(anew(filled)).toEqual({ ...EMPTY, name: 'mine', labels: [row(1, 'a', 'b')] });
});

test('an empty row is nothing typed', () => {
  expect(isUntouched({ ...EMPTY, variables: [row(1, '', '')] })).toBe(true);
  expect(isUntouched(draft({ CITY: '' }))).toBe(false);
});

test('a key with its value can be pasted', () => {
  expect(typedKey('URL=http://x/?a=b')).toEqual({ key: 'URL', value: 'http://x/?a=b' });
  expect(typedKey('URL')).toEqual({ key: 'URL' });
});
