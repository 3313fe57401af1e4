// Buttons, and links that look like them.

import { Link, type LinkComponentProps } from '@tanstack/react-router';
import type { ComponentProps } from 'react';
import { classes } from './classes';

type Look = 'main' | 'plain' | 'danger' | 'quiet';

const LOOKS: Record<Look, string> = {
  main: 'border-act bg-act text-act-ink hover:bg-act-hover',
  plain: 'border-line-strong bg-surface text-ink hover:bg-sunken',
  danger: 'border-bad bg-surface text-bad hover:bg-bad-soft',
  quiet: 'border-transparent bg-transparent text-ink hover:bg-sunken',
};

function look(kind: Look, className: string | undefined) {
  return classes(
    'inline-flex h-8 shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded border px-3 font-medium transition-colors',
    'disabled:cursor-not-allowed disabled:opacity-55 [@media(pointer:coarse)]:h-10',
    LOOKS[kind],
    className,
  );
}

export function Button({
  look: kind = 'plain',
  className,
  ...rest
}: ComponentProps<'button'> & { look?: Look }) {
  return <button type="button" {...rest} className={look(kind, className)} />;
}

/** For a place of the console. */
export function ButtonLink({
  look: kind = 'plain',
  className,
  ...rest
}: LinkComponentProps & { look?: Look; className?: string }) {
  return <Link {...rest} className={look(kind, className)} />;
}

/** A button that is only an icon: `label` is its name and its tooltip. */
export function IconButton({
  label,
  className,
  ...rest
}: Omit<ComponentProps<'button'>, 'aria-label' | 'title'> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={classes(
        'inline-flex size-8 shrink-0 items-center justify-center rounded text-muted hover:bg-sunken hover:text-ink',
        'disabled:cursor-not-allowed disabled:opacity-55',
        className,
      )}
    />
  );
}
