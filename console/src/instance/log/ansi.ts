// Colours that programs write into their output (ANSI escape sequences), as spans of text. Pure. What colours
// nothing, moves the cursor or renames the window is left out; so are control characters.

export interface Span {
  text: string;
  /** A name of the design's, so that it can be read in both themes. */
  colour: string | null;
  bold: boolean;
}

const COLOURS = ['muted', 'bad', 'good', 'warn', 'busy', 'signal', 'busy', null];

const ESC = '\u001b';
/** CSI sequences, titles and other strings, and two-character escapes. */
const SEQUENCE = new RegExp(
  `${ESC}(?:\\[([0-9;:?<=>]*)[ -/]*([@-~])|[\\]PX^_][^${ESC}\\u0007]*(?:\\u0007|${ESC}\\\\)?|[ -/]*[0-~])`,
  'g',
);
/** All but the tab. */
const CONTROL = /[^\P{Cc}\t]/gu;

export function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  let style: Omit<Span, 'text'> = { colour: null, bold: false };
  const add = (raw: string) => {
    const text = raw.replace(CONTROL, '');
    if (text !== '') spans.push({ text, ...style });
  };
  let from = 0;
  for (const match of line.matchAll(SEQUENCE)) {
    add(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === 'm') style = styled(style, match[1] ?? '');
  }
  add(line.slice(from));
  return spans;
}

export function plain(line: string): string {
  return spansOf(line)
    .map(({ text }) => text)
    .join('');
}

function styled(before: Omit<Span, 'text'>, parameters: string): Omit<Span, 'text'> {
  let { colour, bold } = before;
  const codes = parameters.split(';').map((code) => Number.parseInt(code || '0', 10));
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 0) [colour, bold] = [null, false];
    else if (code === 1) bold = true;
    else if (code === 22) bold = false;
    else if (code >= 30 && code <= 37) colour = COLOURS[code - 30] ?? null;
    else if (code >= 90 && code <= 97) colour = COLOURS[code - 90] ?? null;
    else if (code === 39) colour = null;
    // Of 256 or 16 million colours few could be read in both themes: what names one is skipped.
    else if (code === 38 || code === 48) at += codes[at + 1] === 5 ? 2 : 4;
  }
  return { colour, bold };
}
