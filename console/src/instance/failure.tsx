// Why an instance failed, and what to do about it.

import { OctagonX } from 'lucide-react';
import type { Instance } from '../api/types';
import { Age } from '../design/age';

export function FailurePanel({ instance: { error, updated_at: since } }: { instance: Instance }) {
  if (error === null) return null;
  return (
    <section
      aria-label="Why it failed"
      className="flex gap-2.5 rounded border border-bad/40 bg-bad-soft px-3 py-2.5"
    >
      <OctagonX size={17} aria-hidden className="mt-0.5 shrink-0 text-bad" />
      <div className="min-w-0 flex-1 space-y-1 break-words">
        <p className="font-semibold text-bad">{error.message}</p>
        <p>{error.remedy}</p>
        {error.causes.length > 0 && (
          <details>
            <summary>What led to it, oldest first ({error.causes.length})</summary>
            <ol className="mt-1 list-decimal space-y-0.5 pl-6">
              {error.causes.map((cause, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: they have their places and no other name.
                <li key={place}>
                  {cause.message}
                  {cause.exit_code !== null && `, exit code ${cause.exit_code}`}
                </li>
              ))}
            </ol>
          </details>
        )}
        <p className="text-muted text-xs">
          <a href={`/docs/errors#${encodeURIComponent(error.code)}`} className="underline underline-offset-2">
            {error.code}
          </a>
          {' · '}
          since <Age of={since} /> · {error.retryable ? 'a retry may go well' : 'a retry alone will not help'}
          {error.exit_code !== null && ` · exit code ${error.exit_code}`}
        </p>
      </div>
    </section>
  );
}
