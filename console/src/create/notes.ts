// Which words stand at which field: what the browser sees, and what was said of it when it was asked about. Pure.

import type { Said } from './answer';
import type { Complaint } from './complaints';
import type { FieldPlace } from './fields';

export interface Notes {
  errors(field: FieldPlace): string[];
  warnings(field: FieldPlace): string[];
}

export function notesOf(
  complaints: readonly Complaint[],
  said: readonly Said[],
  /** Whether what the browser complains of is shown yet: nobody likes to be told before the word is finished. */
  ripe: (place: string) => boolean,
  /** Places that were edited since something was said of them. */
  edited: ReadonlySet<string>,
): Notes {
  const at = (field: FieldPlace, tone: Said['tone']) =>
    edited.has(field.place)
      ? []
      : said
          .filter((one) => one.tone === tone && field.pointers.includes(one.pointer))
          .map((one) => one.message);
  return {
    errors(field) {
      const own = ripe(field.place)
        ? complaints.filter((one) => field.pointers.includes(one.pointer)).map((one) => one.message)
        : [];
      const told = at(field, 'bad');
      // The daemon knows better: where it has spoken, the browser does not say it again.
      return [...new Set(told.length > 0 ? told : own)];
    },
    warnings: (field) => [...new Set(at(field, 'warn'))],
  };
}
