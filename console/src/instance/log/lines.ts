// The lines of a log that the page holds: a bounded number of the newest. Pure.

import type { LogLine, LogWorkload } from '../../api/types';
import { plain } from './ansi';

/** More would cost memory, and nobody reads them in a browser. */
export const AT_MOST = 5_000;
/** So many of the newest are asked for at first. */
export const TAIL = 1_000;

export type Entry = { key: number } & (
  | { kind: 'line'; line: LogLine }
  | { kind: 'workload'; workload: LogWorkload }
  | { kind: 'interrupted'; message: string }
);

export interface Lines {
  readonly entries: readonly Entry[];
  /** How many of the oldest were left out to stay within the bound. */
  readonly dropped: number;
  /** How many lines came, on every connection so far. */
  readonly came: number;
  /** How many of this connection's were there before it: the end of what was written until then. */
  readonly tail: number;
}

export const NONE: Lines = { entries: [], dropped: 0, came: 0, tail: 0 };

/** None of the lines before, after a new connection: what came is counted on. */
export function anew({ came }: Lines): Lines {
  return { ...NONE, came };
}

/** `began`: when the connection did, in milliseconds; null: what was there before it is over. */
export function add(lines: Lines, more: readonly Entry[], began: number | null): Lines {
  const all = [...lines.entries, ...more];
  const tooMany = Math.max(0, all.length - AT_MOST);
  return {
    entries: tooMany === 0 ? all : all.slice(tooMany),
    dropped: lines.dropped + tooMany,
    came: lines.came + linesIn(more),
    tail: lines.tail + (began === null ? 0 : linesIn(more.filter((entry) => isUntil(entry, began)))),
  };
}

/** A line without a time may be. */
function isUntil(entry: Entry, moment: number): boolean {
  return entry.kind === 'line' && (entry.line.at === null || Date.parse(entry.line.at) <= moment);
}

/** How many entries are lines. */
export function linesIn(entries: readonly Entry[]): number {
  return entries.reduce((count, { kind }) => (kind === 'line' ? count + 1 : count), 0);
}

/** Lines that hold the text, in any case. Who speaks is no line. */
export function matching(entries: readonly Entry[], text: string): readonly Entry[] {
  if (text === '') return entries;
  const wanted = text.toLowerCase();
  return entries.filter(
    (entry) => entry.kind === 'line' && plain(entry.line.text).toLowerCase().includes(wanted),
  );
}

/** The text cut where it matches; every second piece does. */
export function cut(text: string, wanted: string): string[] {
  if (wanted === '') return [text];
  const pieces: string[] = [];
  const [low, sought] = [text.toLowerCase(), wanted.toLowerCase()];
  // Some letters change their length with their case: such a line is shown unmarked.
  if (low.length !== text.length) return [text];
  let from = 0;
  for (let at = low.indexOf(sought); at >= 0; at = low.indexOf(sought, from)) {
    pieces.push(text.slice(from, at), text.slice(at, at + sought.length));
    from = at + sought.length;
  }
  return [...pieces, text.slice(from)];
}
