// Why the last file or table of a plugin was refused, and where it is said what to do.

import { OctagonAlert, Undo2 } from 'lucide-react';
import type { Plugin } from '../api/types';
import { Age } from '../design/age';
import { Digest } from '../design/digest';
import { Note } from '../design/note';
import { ROLLED_BACK } from './standing';

export function RefusalNote({ refusal }: { refusal: NonNullable<Plugin['last_refusal']> }) {
  const { code, message, at, digest } = refusal;
  const onPurpose = code === ROLLED_BACK;
  return (
    <Note
      tone={onPurpose ? 'warn' : 'bad'}
      icon={onPurpose ? Undo2 : OctagonAlert}
      title={
        <>
          {onPurpose ? 'Rolled back' : 'Refused'} <Age of={at} /> ago
        </>
      }
    >
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
    </Note>
  );
}
