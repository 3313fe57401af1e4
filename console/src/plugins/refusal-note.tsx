// Why the last file or table of a plugin was refused, and where it is said what to do.

import { OctagonAlert, Undo2 } from 'lucide-react';
import type { Plugin } from '../api/types';
import { Age } from '../design/age';
import { classes } from '../design/classes';
import { Digest } from '../design/digest';
import { ROLLED_BACK } from './standing';

export function RefusalNote({ refusal }: { refusal: NonNullable<Plugin['last_refusal']> }) {
  const { code, message, at, digest } = refusal;
  const onPurpose = code === ROLLED_BACK;
  const Icon = onPurpose ? Undo2 : OctagonAlert;
  return (
    <div
      className={classes(
        'flex gap-2.5 rounded border px-3 py-2.5',
        onPurpose ? 'border-warn/40 bg-warn-soft' : 'border-bad/40 bg-bad-soft',
      )}
    >
      <Icon
        size={17}
        aria-hidden
        className={classes('mt-0.5 shrink-0', onPurpose ? 'text-warn' : 'text-bad')}
      />
      <div className="min-w-0 flex-1 space-y-1 break-words">
        <p className={classes('font-semibold', onPurpose ? 'text-warn' : 'text-bad')}>
          {onPurpose ? 'Rolled back' : 'Refused'} <Age of={at} /> ago
        </p>
        <p className="whitespace-pre-line">{message}</p>
        <p className="flex flex-wrap items-center gap-x-2">
          <a href={`/docs/errors#${encodeURIComponent(code)}`} className="underline underline-offset-2">
            {code}: what to do
          </a>
          {digest !== null && (
            <span className="inline-flex items-center gap-1">
              · the file is <Digest of={digest} what="digest of the refused file" />
            </span>
          )}
        </p>
      </div>
    </div>
  );
}
