// Variables and labels of the user's own: rows of a key and a value.

import { Plus, X } from 'lucide-react';
import { type ReactNode, useId, useRef } from 'react';
import { Button, IconButton } from '../design/button';
import { Checkbox, TextInput } from '../design/field';
import { addRow, type Row, removeRow, setRow, typedKey } from './draft';
import { rowField } from './fields';
import { FormField } from './form-field';
import { refuseLines } from './one-line';
import { SecretInput } from './secret-input';

export function Rows({
  kind,
  title,
  hint,
  rows,
  onChange,
}: {
  kind: 'variable' | 'label';
  title: string;
  hint: ReactNode;
  rows: readonly Row[];
  /** With the row's place, if it was about one. */
  onChange: (rows: Row[], place: string) => void;
}) {
  const list = useRef<HTMLFieldSetElement>(null);
  const add = () => {
    onChange(addRow(rows), kind);
    // When it is there.
    setTimeout(() => list.current?.querySelector<HTMLElement>('li:last-of-type input')?.focus());
  };
  const remove = (row: Row) => {
    onChange(removeRow(rows, row.id), kind);
    setTimeout(() => list.current?.querySelector<HTMLElement>('[data-add]')?.focus());
  };
  return (
    <fieldset ref={list} className="min-w-0 space-y-2">
      <legend className="font-medium">{title}</legend>
      <p className="text-muted text-xs">{hint}</p>
      {rows.length > 0 && (
        <ul className="space-y-3 sm:space-y-2">
          {rows.map((row, place) => (
            <RowFields
              key={row.id}
              kind={kind}
              number={place + 1}
              row={row}
              onChange={(change) => onChange(setRow(rows, row.id, change), rowField(kind, row).place)}
              onRemove={() => remove(row)}
            />
          ))}
        </ul>
      )}
      <Button data-add onClick={add}>
        <Plus size={15} aria-hidden />
        Add {kind}
      </Button>
    </fieldset>
  );
}

function RowFields({
  kind,
  number,
  row,
  onChange,
  onRemove,
}: {
  kind: 'variable' | 'label';
  number: number;
  row: Row;
  onChange: (change: Partial<Row>) => void;
  onRemove: () => void;
}) {
  const secretId = useId();
  const of = `of ${kind} ${number}`;
  const value = {
    'aria-label': `Value ${of}`,
    placeholder: 'value',
    value: row.value,
    onChange: (event: { target: { value: string } }) => onChange({ value: event.target.value }),
  };
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-x-2 gap-y-1.5 sm:grid-cols-[minmax(0,1fr)_minmax(0,1.3fr)_auto_auto]">
      <FormField field={rowField(kind, row)} label={`Name ${of}`} hiddenLabel>
        {(control) => (
          <TextInput
            {...control}
            placeholder={kind === 'variable' ? 'NAME' : 'key'}
            value={row.key}
            onChange={(event) => onChange(typedKey(event.target.value))}
          />
        )}
      </FormField>
      <span className="max-sm:col-span-2 max-sm:row-start-2">
        {row.secret ? <SecretInput {...value} /> : <TextInput {...value} onPaste={refuseLines} />}
      </span>
      {kind === 'variable' && (
        <label
          htmlFor={secretId}
          className="flex h-8 items-center gap-1.5 max-sm:col-span-2 max-sm:row-start-3"
        >
          <Checkbox
            id={secretId}
            aria-label={`Variable ${number} is a secret`}
            checked={row.secret}
            onChange={(event) => onChange({ secret: event.target.checked })}
          />
          Secret
        </label>
      )}
      <IconButton
        label={`Remove ${kind} ${number}`}
        onClick={onRemove}
        className="max-sm:col-start-2 max-sm:row-start-1"
      >
        <X size={15} aria-hidden />
      </IconButton>
    </li>
  );
}
