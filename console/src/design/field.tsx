// Form fields: a label, the control, a hint, and what is wrong with it, tied together for assistive technology.

import { ChevronDown } from 'lucide-react';
import { type ComponentProps, type ReactNode, useId } from 'react';
import { classes } from './classes';

const CONTROL =
  'h-8 w-full min-w-0 rounded border border-line-strong bg-surface px-2.5 text-ink disabled:opacity-55 aria-invalid:border-bad [@media(pointer:coarse)]:h-10';

/** What a control is given to belong to its field. */
export interface FieldControl {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean | undefined;
}

export function Field({
  label,
  hint,
  errors = [],
  warnings = [],
  required = false,
  hiddenLabel = false,
  className,
  children,
}: {
  label: ReactNode;
  hint?: ReactNode;
  errors?: readonly string[];
  /** What is doubtful and refused by nobody. */
  warnings?: readonly string[];
  required?: boolean;
  /** For rows of a table of fields: the label is there for those who do not see the columns. */
  hiddenLabel?: boolean;
  className?: string;
  children: (control: FieldControl) => ReactNode;
}) {
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const warningId = `${id}-warning`;
  const wrong = errors.length > 0;
  const described = [hint !== undefined && hintId, wrong && errorId, warnings.length > 0 && warningId]
    .filter(Boolean)
    .join(' ');
  return (
    <div className={classes('flex flex-col gap-1', className)}>
      <label htmlFor={id} className={hiddenLabel ? 'sr-only' : 'font-medium'}>
        {label}
        {required && <span className="font-normal text-muted"> (required)</span>}
      </label>
      {children({
        id,
        'aria-describedby': described === '' ? undefined : described,
        'aria-invalid': wrong || undefined,
      })}
      {hint !== undefined && (
        <p id={hintId} className="text-muted text-xs">
          {hint}
        </p>
      )}
      {wrong && (
        <ul id={errorId} className="text-bad text-xs">
          {errors.map((error) => (
            <li key={error}>{error}</li>
          ))}
        </ul>
      )}
      {warnings.length > 0 && (
        <ul id={warningId} className="text-warn text-xs">
          {warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

export function TextInput({ className, ...rest }: ComponentProps<'input'>) {
  return (
    <input
      type="text"
      autoComplete="off"
      spellCheck={false}
      {...rest}
      className={classes(CONTROL, className)}
    />
  );
}

/** The browser's own select: reachable by every key and on every device. */
export function Select({ className, children, ...rest }: ComponentProps<'select'>) {
  return (
    <span className={classes('relative inline-flex min-w-0', className)}>
      <select {...rest} className={classes(CONTROL, 'appearance-none truncate pr-8')}>
        {children}
      </select>
      <ChevronDown
        size={15}
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2.5 -translate-y-1/2 text-muted"
      />
    </span>
  );
}

export function Checkbox({
  indeterminate = false,
  className,
  ...rest
}: Omit<ComponentProps<'input'>, 'type' | 'ref'> & { indeterminate?: boolean }) {
  return (
    <input
      type="checkbox"
      ref={(input) => {
        if (input !== null) input.indeterminate = indeterminate;
      }}
      {...rest}
      className={classes('size-4 shrink-0 accent-signal [@media(pointer:coarse)]:size-5', className)}
    />
  );
}
