// What has been filled in so far. Pure. What nobody touched is not in it: a template's default is shown as long as
// nothing else was given, so that a template that is read again changes no answer of the user's.

import type { Template } from '../api/types';

export type Input = Template['inputs'][number];

/** A variable or a label of the user's own. */
export interface Row {
  readonly id: number;
  readonly key: string;
  readonly value: string;
  readonly secret: boolean;
}

export interface Draft {
  /** What was typed; null: the suggestion stands. */
  readonly name: string | null;
  readonly description: string;
  /** '' is whichever the template or the daemon takes. */
  readonly provisioner: string;
  /** By the names of inputs. A map, because a name can be any word, `constructor` too. */
  readonly given: ReadonlyMap<string, string>;
  readonly variables: readonly Row[];
  readonly labels: readonly Row[];
}

export const EMPTY: Draft = {
  name: null,
  description: '',
  provisioner: '',
  given: new Map(),
  variables: [],
  labels: [],
};

/** For another template: what was given to the inputs of the one before goes, secrets with it. */
export function anew(draft: Draft): Draft {
  return { ...draft, given: new Map() };
}

export function valueFor(input: Input, draft: Draft): string {
  return draft.given.get(input.name) ?? input.default ?? '';
}

export function give(draft: Draft, input: Input, value: string): Draft {
  return { ...draft, given: new Map(draft.given).set(input.name, value) };
}

export function isBlank(row: Row): boolean {
  return row.key === '' && row.value === '';
}

/** Whether leaving would lose nothing. */
export function isUntouched(draft: Draft): boolean {
  return (
    draft.name === null &&
    draft.description === '' &&
    draft.provisioner === '' &&
    draft.given.size === 0 &&
    [...draft.variables, ...draft.labels].every(isBlank)
  );
}

export function addRow(rows: readonly Row[], key = ''): Row[] {
  const id = Math.max(0, ...rows.map((row) => row.id)) + 1;
  return [...rows, { id, key, value: '', secret: false }];
}

export function removeRow(rows: readonly Row[], id: number): Row[] {
  return rows.filter((row) => row.id !== id);
}

export function setRow(rows: readonly Row[], id: number, change: Partial<Row>): Row[] {
  return rows.map((row) => (row.id === id ? { ...row, ...change } : row));
}

/** What typing or pasting into the field of a key means: no key holds `=`, so `k=v` is both at once. */
export function typedKey(text: string): Partial<Row> {
  const at = text.indexOf('=');
  return at < 0 ? { key: text } : { key: text.slice(0, at).trim(), value: text.slice(at + 1) };
}
