// One input of the template, as the control that its kind asks for.

import { LockKeyhole } from 'lucide-react';
import { Select, TextInput } from '../design/field';
import type { Input } from './draft';
import { inputField } from './fields';
import { FormField } from './form-field';
import { refuseLines } from './one-line';
import { SecretInput } from './secret-input';

export function InputField({
  input,
  value,
  inherited,
  onChange,
}: {
  input: Input;
  value: string;
  /** What the template's environment holds where nothing is given. */
  inherited: string | undefined;
  onChange: (value: string) => void;
}) {
  const choices =
    input.format === 'boolean' && input.choices.length === 0 ? ['true', 'false'] : input.choices;
  return (
    <FormField
      field={inputField(input)}
      required={input.required && input.default === null}
      label={
        <span className="inline-flex max-w-full items-center gap-1.5 break-all">
          {input.name}
          {input.secret && <LockKeyhole size={13} aria-label="secret" className="shrink-0 text-muted" />}
        </span>
      }
      hint={hint(input)}
    >
      {(control) => {
        const common = {
          ...control,
          'aria-required': (input.required && input.default === null) || undefined,
          value,
        };
        if (input.secret) {
          return <SecretInput {...common} onChange={(event) => onChange(event.target.value)} />;
        }
        if (choices.length > 0) {
          return (
            <Select {...common} className="w-full" onChange={(event) => onChange(event.target.value)}>
              {input.default === null && (
                <option value="">
                  {input.required ? 'Choose one…' : `Not given${inherited ? ` (${inherited})` : ''}`}
                </option>
              )}
              {!choices.includes(value) && value !== '' && <option value={value}>{value}</option>}
              {choices.map((choice) => (
                <option key={choice} value={choice}>
                  {choice}
                  {choice === input.default ? ' (default)' : ''}
                </option>
              ))}
            </Select>
          );
        }
        return (
          <TextInput
            {...common}
            onPaste={refuseLines}
            inputMode={input.format === 'number' ? 'decimal' : undefined}
            placeholder={inherited === undefined ? undefined : `${inherited} (the template’s)`}
            onChange={(event) => onChange(event.target.value)}
          />
        );
      }}
    </FormField>
  );
}

const KINDS: Record<string, string> = { number: 'A number.', filepath: 'The path of a file.' };

function hint(input: Input) {
  const parts = [
    input.description.replace(/([^.!?…])$/, '$1.'),
    KINDS[input.format ?? ''],
    input.pattern !== null && `Matches ${input.pattern}`,
    input.secret && 'A secret: it is never shown again.',
  ].filter(Boolean);
  return parts.length === 0 ? undefined : parts.join(' ');
}
