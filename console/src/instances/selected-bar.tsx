// What can be done with the selected instances. Deleting asks once, and names what goes.

import { RotateCcw, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import type { Instance } from '../api/types';
import { Button } from '../design/button';
import { ConfirmDialog } from '../design/dialog';
import { startJob } from './jobs';

/** So many names are written out before the rest is counted. */
const NAMED = 12;

export function SelectedBar({ selected, onDone }: { selected: readonly Instance[]; onDone: () => void }) {
  const [asking, setAsking] = useState(false);
  const failed = selected.filter(({ status }) => status === 'failed');
  const things = `${selected.length.toLocaleString()} ${selected.length === 1 ? 'instance' : 'instances'}`;
  // The bar goes, and with it whatever had the focus.
  const done = () => {
    onDone();
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>('[role="grid"]')?.focus({ preventScroll: true }),
    );
  };
  const start = (act: 'delete' | 'retry', instances: readonly Instance[]) => {
    void startJob(act, instances);
    done();
  };
  return (
    <div className="sticky bottom-3 z-20 mx-auto flex max-w-full flex-wrap items-center gap-2 rounded-lg border border-line-strong bg-surface px-3 py-2 shadow-raised">
      <span role="status" className="min-w-28 px-1 font-medium">
        {things} selected
      </span>
      <Button
        disabled={failed.length === 0}
        title={failed.length === 0 ? 'Only failed instances can be tried again' : undefined}
        onClick={() => start('retry', failed)}
      >
        <RotateCcw size={15} aria-hidden />
        {failed.length === 0 ? 'Retry' : `Retry ${failed.length.toLocaleString()} failed`}
      </Button>
      <Button look="danger" onClick={() => setAsking(true)}>
        <Trash2 size={15} aria-hidden />
        Delete
      </Button>
      <Button look="quiet" onClick={done}>
        <X size={15} aria-hidden />
        <span className="max-sm:sr-only">Clear selection</span>
      </Button>
      {asking && (
        <ConfirmDialog
          title={`Delete ${things}?`}
          act={`Delete ${things}`}
          onClose={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false);
            start('delete', selected);
          }}
        >
          <p>
            {selected.length === 1
              ? 'Its workload is destroyed and its endpoint stops answering.'
              : 'Their workloads are destroyed and their endpoints stop answering.'}{' '}
            This cannot be undone.
          </p>
          <ul className="mt-3 flex flex-wrap gap-1.5">
            {selected.slice(0, NAMED).map(({ id, name }) => (
              <li key={id} className="max-w-full break-all rounded-sm bg-sunken px-2 py-0.5">
                {name}
              </li>
            ))}
            {selected.length > NAMED && (
              <li className="px-1 py-0.5 text-muted">
                and {(selected.length - NAMED).toLocaleString()} more
              </li>
            )}
          </ul>
        </ConfirmDialog>
      )}
    </div>
  );
}
