// Short notes of what just happened. Nothing is said here alone that a user must act on: a note leaves by itself.

import { CircleCheck, OctagonAlert, X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { IconButton } from './button';
import { classes } from './classes';

interface Note {
  id: number;
  tone: 'good' | 'bad';
  text: string;
}

const STAYS = 6_000;
const AT_MOST = 4;

let notes: readonly Note[] = [];
let next = 1;
const listeners = new Set<() => void>();

function change(to: readonly Note[]) {
  notes = to;
  for (const listener of listeners) listener();
}

export function toast(tone: Note['tone'], text: string) {
  const id = next++;
  change([...notes, { id, tone, text }].slice(-AT_MOST));
  setTimeout(() => dismiss(id), STAYS);
}

function dismiss(id: number) {
  change(notes.filter((note) => note.id !== id));
}

/** Where they appear: once, at the foot of the page. */
export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => notes,
  );
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-0 bottom-0 z-50 flex flex-col items-center gap-2 p-4 sm:items-end"
    >
      {shown.map(({ id, tone, text }) => (
        <div
          key={id}
          className="pointer-events-auto flex max-w-md items-start gap-2 rounded-md border border-line bg-surface py-2 pr-2 pl-3 shadow-raised"
        >
          {tone === 'good' ? (
            <CircleCheck size={17} aria-hidden className="mt-1.5 shrink-0 text-good" />
          ) : (
            <OctagonAlert size={17} aria-hidden className="mt-1.5 shrink-0 text-bad" />
          )}
          <p className={classes('min-w-0 break-words py-1')}>{text}</p>
          <IconButton label="Dismiss" onClick={() => dismiss(id)}>
            <X size={15} aria-hidden />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
