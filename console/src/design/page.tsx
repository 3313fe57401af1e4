// What every page is made of: its title with what can be done, panels, and lists of facts.

import { type ReactNode, useEffect } from 'react';
import { classes } from './classes';
import { setTitle } from './title';

/** The title is also the document's, so that tabs and history can be told apart. */
export function Page({
  title,
  note,
  actions,
  children,
}: {
  title: string;
  note?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => setTitle(title), [title]);
  return (
    <div className="mx-auto flex w-full max-w-[100rem] flex-col gap-4 px-4 py-5 sm:px-6">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-40">
          <h1 className="break-words">{title}</h1>
          {note !== undefined && <p className="min-h-5 break-words text-muted">{note}</p>}
        </div>
        {actions !== undefined && <div className="flex flex-wrap gap-2">{actions}</div>}
      </div>
      {children}
    </div>
  );
}

export function Panel({
  title,
  actions,
  className,
  children,
}: {
  title?: ReactNode;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  return (
    <section className={classes('rounded-md border border-line bg-surface', className)}>
      {title !== undefined && (
        <header className="flex min-h-11 flex-wrap items-center gap-2 border-line border-b px-4 py-1.5">
          <h2 className="min-w-0 flex-1 basis-40">{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}

/** Names and what they are, in two columns; below each other where there is no room. */
export function Facts({ children }: { children: ReactNode }) {
  return (
    <dl className="grid grid-cols-1 gap-x-6 px-4 py-3 sm:gap-y-2 sm:grid-cols-[fit-content(45%)_minmax(0,1fr)]">
      {children}
    </dl>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="wrap-anywhere text-muted not-first:max-sm:mt-2 sm:min-w-32">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
