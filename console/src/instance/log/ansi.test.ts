import { expect, test } from 'vitest';
import { plain, spansOf } from './ansi';

test('colours and weight become spans, until they are taken back', () => {
  expect(spansOf('a \u001b[1;31mred\u001b[0m b')).toEqual([
    { text: 'a ', colour: null, bold: false },
    { text: 'red', colour: 'bad', bold: true },
    { text: ' b', colour: null, bold: false },
  ]);
});

test('what is no colour is left out, however it is written', () => {
  for (const noise of [
    '\u001b[2K',
    '\u001b[?25l',
    '\u001b]0;title\u0007',
    '\u001b]8;;x\u001b\\',
    '\u001bc',
    '\u0008\u0000',
  ]) {
    expect(plain(`a${noise}b`), JSON.stringify(noise)).toBe('ab');
  }
});

test('the numbers of a colour of 256 are not read as styles', () => {
  expect(spansOf('\u001b[38;5;1;1mx')).toEqual([{ text: 'x', colour: null, bold: true }]);
});

test('a sequence that was cut does no harm, and tabs and letters of all kinds stay', () => {
  expect(plain('a\tü🚢\u001b[3')).toBe('a\tü🚢3');
});
