// A problem, as its document tells it: what happened, what to do, and where its code is explained.

import { OctagonAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Problem } from '../api/problem';
import { classes } from './classes';

export function ProblemNote({
  problem,
  fields = [],
  className,
  children,
}: {
  problem: Problem;
  /** Pointers of the fields that show their errors themselves. */
  fields?: readonly string[];
  className?: string;
  /** What can be done about it here: a button. */
  children?: ReactNode;
}) {
  const errors = problem.errors.filter(({ pointer }) => !fields.includes(pointer));
  return (
    <div
      role="alert"
      className={classes('flex gap-2.5 rounded border border-bad/40 bg-bad-soft px-3 py-2.5', className)}
    >
      <OctagonAlert size={17} aria-hidden className="mt-0.5 shrink-0 text-bad" />
      <div className="min-w-0 flex-1 space-y-1 break-words">
        <p className="font-semibold text-bad">{problem.title}</p>
        <p>{problem.detail}</p>
        {errors.length > 0 && (
          <ul className="list-disc space-y-0.5 pl-4">
            {errors.map((error) => (
              <li key={`${error.pointer} ${error.code} ${error.message}`}>
                {error.pointer !== '' && <code className="mr-1.5">{error.pointer}</code>}
                {error.message}
              </li>
            ))}
          </ul>
        )}
        <p>{problem.remedy}</p>
        {problem.page !== null && (
          <p className="text-muted text-xs">
            <a href={problem.page} className="underline underline-offset-2">
              {problem.code}
            </a>
            {problem.requestId !== null && <> · request {problem.requestId}</>}
          </p>
        )}
        {children}
      </div>
    </div>
  );
}
