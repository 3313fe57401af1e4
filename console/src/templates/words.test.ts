import { expect, test } from 'vitest';
import type { Input } from '../api/types';
import { inputWords, valueWords } from './words';

function input(fields: Partial<Input> = {}): Input {
  return {
    name: 'KEY',
    description: '',
    required: false,
    secret: false,
    default: null,
    choices: [],
    format: null,
    pattern: null,
    ...fields,
  };
}

test('a required input with a default need not be given', () => {
  expect(inputWords([])).toBe('needs no input');
  expect(inputWords([input({ required: true, default: 'x' })])).toBe('1 input, none required');
  expect(inputWords([input({ required: true }), input()])).toBe('2 inputs, 1 required');
});

test('what an input takes is said in words', () => {
  expect(valueWords(input())).toBe('a text');
  expect(valueWords(input({ choices: ['a', 'b'], pattern: 'x' }))).toBe('one of a, b');
  expect(valueWords(input({ format: 'number', pattern: '[0-9]+' }))).toBe('a number that matches [0-9]+');
  expect(valueWords(input({ format: 'colour' }))).toBe('colour');
});
