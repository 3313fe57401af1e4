// What the browser sees by itself, before anybody is asked. Pure. The daemon is the truth: what only it can know for
// sure is shown and keeps nothing from being sent.

import type { Template } from '../api/types';
import { type Draft, type Input, isBlank, valueFor } from './draft';
import { inputField, rowField } from './fields';
import { unfit } from './names';

export interface Complaint {
  /** One of the pointers of the field that shows it. */
  readonly pointer: string;
  readonly message: string;
  /** Whether the daemon would say the same for certain, so that it need not be asked. */
  readonly sure: boolean;
}

export function complaintsOf(
  template: Template,
  draft: Draft,
  name: string,
  taken: ReadonlySet<string>,
): Complaint[] {
  const found: Complaint[] = [];
  const add = (pointer: string | undefined, message: string | null, sure = true) => {
    if (pointer !== undefined && message !== null) found.push({ pointer, message, sure });
  };
  add('/name', unfit(name));
  // The one who has it may be gone by now, or be what an answer that got lost made.
  if (taken.has(name)) add('/name', `An instance named ${name} is there already.`, false);
  for (const input of template.inputs) {
    const [pointer] = inputField(input).pointers;
    const value = valueFor(input, draft);
    if (value === '' && input.default === null) {
      if (input.required) add(pointer, 'The template requires a value.');
    } else {
      add(pointer, unfitValue(input, value));
      if (!matches(input.pattern, value)) add(pointer, `It should match ${input.pattern} as a whole.`, false);
    }
  }
  const inputs = new Set(template.inputs.map((input) => input.name));
  eachRow(draft.variables, (row, first) => {
    const pointer = rowField('variable', row).place;
    if (row.key === '') add(pointer, 'Name the variable, or remove the row.');
    else if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(row.key))
      add(pointer, 'A variable’s name has letters, digits and “_”, and no digit first.');
    else if (inputs.has(row.key)) add(pointer, `${row.key} is an input of the template: give it above.`);
    else if (!first) add(pointer, `${row.key} is given twice.`);
  });
  eachRow(draft.labels, (row, first) => {
    const pointer = rowField('label', row).place;
    if (row.key === '') add(pointer, 'Name the label, or remove the row.');
    else if (!first) add(pointer, `${row.key} is given twice.`);
  });
  return found;
}

function eachRow(rows: Draft['variables'], look: (row: Draft['variables'][number], first: boolean) => void) {
  const seen = new Set<string>();
  for (const row of rows) {
    if (isBlank(row)) continue;
    look(row, !seen.has(row.key));
    seen.add(row.key);
  }
}

function unfitValue(input: Input, value: string): string | null {
  if (input.choices.length > 0 && !input.choices.includes(value)) return 'Choose one of the list.';
  if (input.format === 'number' && !Number.isFinite(value.trim() === '' ? Number.NaN : Number(value)))
    return 'It must be a number.';
  if (input.format === 'boolean' && value !== 'true' && value !== 'false') return 'It must be true or false.';
  if (input.format === 'filepath' && value === '') return 'It must be the path of a file.';
  return null;
}

/** Whether a value fits as far as this browser can tell: its regular expressions are not quite the daemon's. */
function matches(pattern: string | null, value: string): boolean {
  if (pattern === null || !isQuick(pattern, value)) return true;
  try {
    return new RegExp(`^(?:${pattern})$`, 'u').test(value);
  } catch {
    return true;
  }
}

/** More attempts than these would be felt, since every key that is pressed asks again. */
const ATTEMPTS = 1_000_000;

/**
 * Whether this browser, which tries every way to match, is done with it soon. The daemon's engine needs no such
 * care: what is not looked at here, Check tells.
 */
function isQuick(pattern: string, value: string): boolean {
  const bare = pattern
    // What is escaped or in a class repeats nothing.
    .replace(/\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\./gs, 'a')
    .replace(/\[[^\]]*\]/g, 'a');
  if (/\)[*+?{]/.test(bare)) return false;
  const loops = bare.match(/[*+]|\{\d*,\d*\}/g)?.length ?? 0;
  const options = bare.match(/(?<!\()\?/g)?.length ?? 0;
  return (value.length + 1) ** loops * 2 ** options <= ATTEMPTS;
}
