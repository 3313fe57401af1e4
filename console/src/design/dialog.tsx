// Dialogs: the browser's own <dialog>, which keeps the focus inside, makes the rest inert, closes with Escape and
// gives the focus back. A library's would inject style elements, which the content security policy refuses.

import { X } from 'lucide-react';
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import type { Problem } from '../api/problem';
import { Button, IconButton } from './button';
import { ProblemNote } from './problem-note';

/** Open for as long as it is in the page. */
export function Dialog({
  title,
  onClose,
  children,
  footer,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  /** Whether the pointer went down on the backdrop: who marks a text and lets go outside wants no closing. */
  const fromBackdrop = useRef(false);
  // In the layout's effect it is closed before it leaves the page: only then does the browser give the focus back.
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    // React's autoFocus comes before the dialog is open, and is lost.
    dialog?.querySelector<HTMLElement>('[data-focus-first]')?.focus();
    return () => dialog?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the key for it, and the browser's own.
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        fromBackdrop.current = event.target === event.currentTarget;
      }}
      onClick={(event) => {
        // The dialog itself is only hit where its content is not: on the backdrop.
        if (event.target === event.currentTarget && fromBackdrop.current) onClose();
      }}
      className="m-auto w-[min(34rem,calc(100vw-2rem))] rounded-lg border border-line bg-surface p-0 text-ink shadow-raised backdrop:bg-black/50"
    >
      <div className="flex max-h-[85vh] flex-col">
        <header className="flex items-start gap-2 px-5 pt-4">
          <h2 id={titleId} className="min-w-0 flex-1 break-words">
            {title}
          </h2>
          <IconButton label="Close" onClick={onClose} className="-mr-2 -mt-1">
            <X size={16} aria-hidden />
          </IconButton>
        </header>
        <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-5 py-3">{children}</div>
        {footer !== undefined && (
          <footer className="flex flex-wrap justify-end gap-2 border-line border-t px-5 py-3">
            {footer}
          </footer>
        )}
      </div>
    </dialog>
  );
}

/** Asks once before what cannot be undone. Say in `children` what goes. */
export function ConfirmDialog({
  title,
  act,
  onConfirm,
  onClose,
  busy = false,
  problem = null,
  children,
}: {
  title: string;
  /** The word on the button that does it: "Delete 3 instances". */
  act: string;
  onConfirm: () => void;
  onClose: () => void;
  busy?: boolean;
  problem?: Problem | null;
  children: ReactNode;
}) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          {/* The harmless answer has the focus, so that a hasty Enter does no harm. */}
          <Button data-focus-first onClick={onClose}>
            Cancel
          </Button>
          <Button look="danger" disabled={busy} onClick={onConfirm}>
            {act}
          </Button>
        </>
      }
    >
      {children}
      {problem !== null && <ProblemNote problem={problem} className="mt-3" />}
    </Dialog>
  );
}
