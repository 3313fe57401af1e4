// What a tool is called with: a form made of its schema, or the same as JSON.

import { Play } from 'lucide-react';
import { useState } from 'react';
import type { Tool } from '../../api/types';
import { Button } from '../../design/button';
import { Field, type FieldControl, Select, TextInput } from '../../design/field';
import {
  type Argument,
  argumentsOf,
  initialValues,
  type Schema,
  textComplaint,
  toText,
  toValues,
  type Values,
} from './arguments';
import type { Call, Calls } from './calls';

const AREA =
  'block min-h-8 max-h-96 w-full min-w-0 resize-y rounded border border-line-strong bg-surface px-2.5 py-1 text-ink field-sizing-content aria-invalid:border-bad [@media(pointer:coarse)]:min-h-10';
const CODE = `${AREA} font-mono text-xs`;

export function CallForm({
  tool,
  calls,
  running,
  isRunning,
}: {
  tool: Tool;
  calls: Calls;
  running: Call | null;
  isRunning: boolean;
}) {
  const [fields] = useState(() => argumentsOf(tool.input_schema as Schema));
  const [values, setValues] = useState<Values>(() => initialValues(fields));
  /** The arguments as JSON; null while the form is used. */
  const [json, setJson] = useState<string | null>(null);
  const [wasTried, setWasTried] = useState(false);
  const [lost, setLost] = useState(false);
  const made = toText(fields, values);
  const errors = wasTried ? made.errors : {};
  const complaint = json === null ? null : textComplaint(json);
  const isSecret = fields.some(
    ({ kind, name }) => kind === 'secret' && (json !== null || values[name] !== ''),
  );

  const canCall = running === null && isRunning;

  const call = () => {
    setWasTried(true);
    if (json === null ? Object.keys(made.errors).length > 0 : complaint !== null) return;
    void calls.call(tool.name, json ?? made.text, isSecret);
    // A secret is typed for one call.
    const emptied = Object.fromEntries(
      fields.filter(({ kind }) => kind === 'secret').map(({ name }) => [name, '']),
    );
    setValues({ ...values, ...emptied });
    if (json !== null && isSecret) setJson('{}');
    setWasTried(false);
  };
  const toJson = () => {
    // What is masked in the form must not be read there.
    setJson(
      toText(
        fields.filter(({ kind }) => kind !== 'secret'),
        values,
      ).text,
    );
    setWasTried(false);
  };
  const toForm = () => {
    const filled = toValues(fields, json ?? '{}');
    setLost(filled === null);
    if (filled === null) return;
    setValues(filled);
    setJson(null);
  };
  return (
    <form
      aria-label={`Call ${tool.name}`}
      noValidate
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (canCall) call();
      }}
      onKeyDown={(event) => {
        // Enter alone begins a new line of a text.
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
      }}
    >
      {fields.length === 0 && json === null && <p className="text-muted">It takes no arguments.</p>}
      {json === null &&
        fields.map((field) => (
          <ArgumentField
            key={field.name}
            field={field}
            value={values[field.name] ?? ''}
            error={errors[field.name]}
            onChange={(value) => setValues({ ...values, [field.name]: value })}
          />
        ))}
      {json !== null && (
        <Field
          label="Arguments as JSON"
          errors={[
            ...(wasTried && complaint !== null ? [complaint] : []),
            ...(lost
              ? ['The form cannot hold these arguments: correct them, or call the tool with JSON.']
              : []),
          ]}
        >
          {(control) => (
            <textarea
              {...control}
              rows={Math.min(16, Math.max(3, json.split('\n').length))}
              spellCheck={false}
              autoComplete="off"
              value={json}
              onChange={(event) => {
                setJson(event.target.value);
                setLost(false);
              }}
              className={CODE}
            />
          )}
        </Field>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <Button look="main" type="submit" disabled={!canCall}>
          <Play size={15} aria-hidden />
          {running === null ? `Call ${tool.name}` : 'Calling …'}
        </Button>
        <Button look="quiet" onClick={json === null ? toJson : toForm}>
          {json === null ? 'Edit as JSON' : 'Edit as a form'}
        </Button>
        {isRunning && <p className="text-muted text-xs max-sm:hidden">Ctrl + Enter calls it, too</p>}
        {!isRunning && <p className="text-muted">It has no endpoint now, so nothing can be called.</p>}
      </div>
    </form>
  );
}

function ArgumentField({
  field,
  value,
  error,
  onChange,
}: {
  field: Argument;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}) {
  const hint = [field.description, field.kind === 'choice' ? null : field.type].filter(Boolean).join(' · ');
  return (
    <Field
      label={field.name}
      required={field.required}
      hint={hint === '' ? undefined : <span className="break-words">{hint}</span>}
      errors={error === undefined ? [] : [error]}
      className="max-w-2xl"
    >
      {(control) => <ArgumentControl field={field} value={value} onChange={onChange} control={control} />}
    </Field>
  );
}

function ArgumentControl({
  field,
  value,
  onChange,
  control,
}: {
  field: Argument;
  value: string;
  onChange: (value: string) => void;
  control: FieldControl;
}) {
  switch (field.kind) {
    case 'choice':
    case 'boolean': {
      const choices = field.kind === 'boolean' ? ['true', 'false'] : field.choices;
      return (
        <Select {...control} value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="">{field.required ? 'Choose …' : 'Not given'}</option>
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {wordOf(choice)}
            </option>
          ))}
        </Select>
      );
    }
    case 'integer':
    case 'number':
    case 'secret':
      return (
        <TextInput
          {...control}
          type={field.kind === 'secret' ? 'password' : 'text'}
          autoComplete={field.kind === 'secret' ? 'new-password' : 'off'}
          inputMode={field.kind === 'secret' ? undefined : field.kind === 'integer' ? 'numeric' : 'decimal'}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    default:
      // A text may have lines.
      return (
        <textarea
          {...control}
          rows={Math.min(12, Math.max(field.kind === 'json' ? 2 : 1, value.split('\n').length))}
          spellCheck={false}
          autoComplete="off"
          value={value}
          onChange={(event) => onChange(event.target.value)}
          className={field.kind === 'json' ? CODE : AREA}
        />
      );
  }
}

/** A choice that is a text without its quotes. */
function wordOf(json: string): string {
  const value: unknown = JSON.parse(json);
  return typeof value === 'string' ? value : json;
}
