// A field of this form: a design field with what is said of it, that can be found and says when it was left.

import { createContext, type ReactNode, useContext } from 'react';
import { Field, type FieldControl } from '../design/field';
import type { FieldPlace } from './fields';
import type { Notes } from './notes';

export interface FormState {
  readonly notes: Notes;
  /** Somebody was at this field and left it. */
  readonly leave: (place: string) => void;
}

export const FormContext = createContext<FormState | null>(null);

export function useForm(): FormState {
  const form = useContext(FormContext);
  if (form === null) throw new Error('there is no FormContext above this component');
  return form;
}

export function FormField({
  field,
  hint,
  required = false,
  hiddenLabel = false,
  label = field.label,
  children,
}: {
  field: FieldPlace;
  hint?: ReactNode;
  required?: boolean;
  hiddenLabel?: boolean;
  label?: ReactNode;
  children: (control: FieldControl) => ReactNode;
}) {
  const { notes, leave } = useForm();
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it is its control that is left.
    <div data-place={field.place} onBlur={() => leave(field.place)} className="min-w-0">
      <Field
        label={label}
        hint={hint}
        required={required}
        hiddenLabel={hiddenLabel}
        errors={notes.errors(field)}
        warnings={notes.warnings(field)}
      >
        {children}
      </Field>
    </div>
  );
}

/** Gives the focus to a field, and brings it into view. */
export function focusField(form: HTMLElement | null, place: string) {
  const field = form?.querySelector(`[data-place="${CSS.escape(place)}"]`);
  field?.querySelector<HTMLElement>('input, select, textarea')?.focus();
}
