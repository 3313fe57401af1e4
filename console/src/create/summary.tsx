// What keeps it from being created, at the top of the form: how many fields, and the way to each.

import { CornerDownRight, Plus } from 'lucide-react';
import { Problem } from '../api/problem';
import { Button } from '../design/button';
import { ProblemNote } from '../design/problem-note';
import type { Answer } from './answer';
import type { Findings } from './findings';

export function Summary({
  answer,
  findings: { wrong, missing, handled },
  onGo,
  onAdd,
}: {
  /** Null: nothing was sent, since the browser sees by itself what is wrong. */
  answer: Answer | null;
  findings: Findings;
  onGo: (place: string) => void;
  onAdd: (variable: string) => void;
}) {
  const problem = answer?.problem ?? notSent(wrong.length);
  return (
    <ProblemNote problem={problem} fields={handled}>
      {answer !== null && problem.retryable && (
        <p>
          What you filled in is kept.
          {answer.asked === 'create' &&
            ' Press Create again: that makes no second instance, whatever became of this try.'}
        </p>
      )}
      {(wrong.length > 0 || missing.length > 0) && (
        <div className="flex flex-wrap items-center gap-2 pt-1">
          {answer !== null && wrong.length > 0 && (
            <span>
              {wrong.length} {wrong.length === 1 ? 'field needs' : 'fields need'} attention:
            </span>
          )}
          {wrong.map(({ label, place }) => (
            <Button key={place} onClick={() => onGo(place)} className="max-w-full">
              <CornerDownRight size={14} aria-hidden />
              <span className="truncate">Go to {label}</span>
            </Button>
          ))}
          {missing.map((name) => (
            <Button key={name} onClick={() => onAdd(name)} className="max-w-full">
              <Plus size={14} aria-hidden />
              <span className="truncate">Add the variable {name}</span>
            </Button>
          ))}
        </div>
      )}
    </ProblemNote>
  );
}

function notSent(count: number): Problem {
  return new Problem({
    title: count === 1 ? 'One field is not right yet' : `${count} fields are not right yet`,
    status: 0,
    code: 'not_sent',
    detail: 'Nothing was sent.',
    remedy: 'Each says what it needs.',
    retryable: false,
  });
}
