// The fields of the form, in their order: what each is called, and which parts of the request it stands for. Pure.

import type { Template } from '../api/types';
import type { Draft, Input, Row } from './draft';
import { pointerTo } from './pointers';

export interface FieldPlace {
  readonly label: string;
  /** Its name in the page, by which it is found to be given the focus. */
  readonly place: string;
  /** Whatever is said of one of these is said at this field. */
  readonly pointers: readonly string[];
}

const single = (label: string, member: string): FieldPlace => ({
  label,
  place: member,
  pointers: [pointerTo(member)],
});

export const TEMPLATE = single('Template', 'template');
export const NAME = single('Name', 'name');
export const DESCRIPTION = single('Description', 'description');
export const PROVISIONER = single('Provisioner', 'provisioner');

export function inputField(input: Input): FieldPlace {
  return { label: input.name, place: `input ${input.name}`, pointers: variablePointers(input.name) };
}

export function rowField(kind: 'variable' | 'label', row: Row): FieldPlace {
  // A row without a key is no part of the request: what is wrong with it has its place only.
  const place = `${kind} ${row.id}`;
  const label = row.key === '' ? `The ${kind} without a name` : row.key;
  const named = kind === 'variable' ? variablePointers(row.key) : [pointerTo('labels', row.key)];
  return { label, place, pointers: row.key === '' ? [place] : [place, ...named] };
}

export function fieldsOf(template: Template, draft: Draft): FieldPlace[] {
  return [
    TEMPLATE,
    NAME,
    DESCRIPTION,
    ...template.inputs.map(inputField),
    ...draft.variables.map((row) => rowField('variable', row)),
    ...draft.labels.map((row) => rowField('label', row)),
    PROVISIONER,
  ];
}

/** In clear or as a secret: it is one variable. */
function variablePointers(name: string): string[] {
  return [pointerTo('environment', name), pointerTo('secrets', name)];
}
