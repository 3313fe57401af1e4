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
  /** How many lines came. */
  readonly came: number;
}

export const NONE: Lines = { entries: [], dropped: 0, came: 0 };

export function add(lines: Lines, more: readonly Entry[]): Lines {
  const all = [...lines.entries, ...more];
  const tooMany = Math.max(0, all.length - AT_MOST);
  return {
    entries: tooMany === 0 ? all : all.slice(tooMany),
    dropped: lines.dropped + tooMany,
    came: lines.came + more.filter(({ kind }) => kind === 'line').length,
  };
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
