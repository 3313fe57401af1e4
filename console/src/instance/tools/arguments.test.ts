import { expect, test } from 'vitest';
import {
  argumentsOf,
  describe,
  initialValues,
  type Schema,
  textComplaint,
  toText,
  toValues,
} from './arguments';

const SCHEMA: Schema = {
  type: 'object',
  required: ['title', 'count'],
  properties: {
    loud: { type: 'boolean', default: false },
    title: { type: 'string' },
    count: { type: 'integer', minimum: 1, default: 3 },
    fruit: { enum: ['apple', 2, null] },
    key: { type: 'string', format: 'password' },
    tags: { type: 'array', items: { type: 'string' } },
  },
};
const fields = argumentsOf(SCHEMA);
const kinds = Object.fromEntries(fields.map(({ name, kind }) => [name, kind]));

test('what is required comes first, and every simple type has a field of its own', () => {
  expect(fields.map(({ name }) => name).slice(0, 2)).toEqual(['title', 'count']);
  expect(kinds).toEqual({
    title: 'text',
    count: 'integer',
    loud: 'boolean',
    fruit: 'choice',
    key: 'secret',
    tags: 'json',
  });
});

test('defaults are in the fields from the start, and empty fields are left out', () => {
  const { text, errors } = toText(fields, { ...initialValues(fields), title: 'a "b"' });
  expect(errors).toEqual({});
  expect(JSON.parse(text)).toEqual({ title: 'a "b"', count: 3, loud: false });
});

test('a missing or impossible value is told at its field', () => {
  const { errors } = toText(fields, { count: '1.5', tags: 'red' });
  expect(Object.keys(errors).sort()).toEqual(['count', 'tags', 'title']);
});

test('a number keeps the digits that were typed', () => {
  expect(toText(fields, { title: 'x', count: '9007199254740993' }).text).toContain('9007199254740993');
});

test('a text of spaces is a text, and its spaces stay', () => {
  expect(JSON.parse(toText(fields, { title: '  ', count: '1' }).text)).toMatchObject({ title: '  ' });
});

test('a choice is the value itself, whatever its type', () => {
  const { text } = toText(fields, { title: 'x', count: '1', fruit: '2' });
  expect(JSON.parse(text)).toMatchObject({ fruit: 2 });
});

test('arguments typed as JSON must be an object', () => {
  expect(textComplaint('{"a": 1}')).toBeNull();
  expect(textComplaint('[1]')).toContain('object');
  expect(textComplaint('{')).toContain('not JSON');
});

test('JSON goes back into the fields only if they can hold all of it', () => {
  const text = '{"title":"x","tags":["a"],"fruit":"apple"}';
  expect(toValues(fields, text)).toEqual({ title: 'x', tags: '["a"]', fruit: '"apple"' });
  expect(toValues(fields, '{"title":1}')).toBeNull();
  expect(toValues(fields, '{"other":1}')).toBeNull();
  expect(toValues(fields, '{"count":9007199254740993}')).toBeNull();
});

test('a tool that says nothing of its arguments has no fields', () => {
  for (const schema of [{}, { properties: null }, { type: 'object', properties: [] }]) {
    expect(argumentsOf(schema)).toEqual([]);
  }
});

test('a schema is told in words', () => {
  expect(describe({ type: 'integer', minimum: 1, maximum: 9 })).toBe('integer, at least 1, at most 9');
  expect(describe({ type: 'array', items: { type: 'string' } })).toBe('list of string');
  expect(describe({ anyOf: [{ type: 'string' }, { type: 'null' }] })).toBe('string or null');
  expect(describe({ enum: ['a', 1] })).toBe('one of "a", 1');
  expect(describe({})).toBe('any JSON');
});
