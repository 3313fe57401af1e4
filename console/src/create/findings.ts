// Everything that is found to be wrong with the form as it is now: by the browser, and by whoever was asked. Pure.

import { type Answer, saidIn } from './answer';
import type { Complaint } from './complaints';
import { type FieldPlace, NAME, TEMPLATE } from './fields';
import { type Notes, notesOf } from './notes';
import { variableAt } from './pointers';

export interface Findings {
  readonly notes: Notes;
  /** The fields to be seen to before it can be created. */
  readonly wrong: readonly FieldPlace[];
  /** Variables that are asked for and have no field yet. */
  readonly missing: readonly string[];
  /** What needs no telling at the top, since its field tells it, or is gone. */
  readonly handled: readonly string[];
  /** Whether there is anything to tell at the top. */
  readonly stands: boolean;
}

export function findingsOf({
  fields,
  complaints,
  answer,
  edited,
  left,
  refused,
}: {
  fields: readonly FieldPlace[];
  complaints: readonly Complaint[];
  answer: Answer | null;
  /** Places of fields that were edited since the answer. */
  edited: ReadonlySet<string>;
  /** Places of fields that somebody was at and left. */
  left: ReadonlySet<string>;
  /** Whether it was not sent, because of what the browser complains of. */
  refused: boolean;
}): Findings {
  const said = answer === null ? [] : saidIn(answer);
  const fieldAt = (pointer: string) => fields.find((field) => field.pointers.includes(pointer));
  // Nobody likes to be told before the word is finished; of a name one wants to know at once.
  const ripe = (place: string) =>
    refused || left.has(place) || place === TEMPLATE.place || place === NAME.place;
  const notes = notesOf(complaints, said, ripe, edited);
  const wrong = fields.filter((field) =>
    refused
      ? complaints.some(({ sure, pointer }) => sure && field.pointers.includes(pointer))
      : notes.errors(field).length > 0,
  );

  const objections = said.filter(({ tone }) => tone === 'bad');
  /** What is edited or removed by now is no news any more. */
  const news = objections.filter(({ pointer }) => {
    const field = fieldAt(pointer);
    return field === undefined ? answer?.sent.has(pointer) !== true : !edited.has(field.place);
  });
  const missing = news
    .filter(({ pointer }) => fieldAt(pointer) === undefined)
    .map(({ pointer }) => variableAt(pointer))
    .filter((name) => name !== null);
  return {
    notes,
    wrong,
    missing: [...new Set(missing)],
    handled: [...fields.flatMap((field) => field.pointers), ...(answer?.sent ?? [])],
    stands: refused
      ? wrong.length > 0
      : answer?.problem != null && (objections.length === 0 || news.length > 0),
  };
}
