// The form: what the template asks for, what every instance has, and the two buttons. It holds what is filled in
// for as long as it is in the page, and nothing of it is kept elsewhere.

import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { Instance, Provisioner, Template } from '../api/types';
import { Button } from '../design/button';
import { TextInput } from '../design/field';
import { Panel } from '../design/page';
import { useRoster } from '../live/context';
import { type Answer, saidIn } from './answer';
import { CheckPanel, outcomeOf } from './check-panel';
import { type Complaint, complaintsOf } from './complaints';
import { addRow, anew, type Draft, EMPTY, give, isUntouched, valueFor } from './draft';
import { DESCRIPTION, type FieldPlace, fieldsOf, inputField, NAME, TEMPLATE } from './fields';
import { FormContext, FormField, focusField } from './form-field';
import { InputField } from './input-field';
import { LeaveGuard } from './leave-guard';
import { suggest } from './names';
import { notesOf } from './notes';
import { variableAt } from './pointers';
import { ProvisionerField } from './provisioner-field';
import { requestOf } from './request';
import { Rows } from './rows';
import { Summary } from './summary';
import { TemplateField } from './template-field';
import { useAsking } from './use-asking';

export function CreateForm({
  templates,
  provisioners,
  asked,
  onChoose,
  onCreated,
}: {
  templates: readonly Template[];
  provisioners: readonly Provisioner[];
  /** The template's name in the address. */
  asked: string | undefined;
  onChoose: (template: string) => void;
  onCreated: (instance: Instance) => void;
}) {
  const { records } = useRoster();
  const taken = useMemo(() => new Set([...records.values()].map((each) => each.name)), [records]);
  const template = templates.find((each) => each.name === asked) ?? null;
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [draftOf, setDraftOf] = useState(asked);
  /** The suggestion that was asked about: it must not change between a question and the next. */
  const [held, setHeld] = useState<string | null>(null);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  /** Counts what was refused here, without asking the daemon; 0: nothing since the last question. */
  const [refused, setRefused] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const { asking, answer: last, edited, ask, edit } = useAsking(onCreated);
  if (draftOf !== asked) {
    setDraftOf(asked);
    setDraft(anew(draft));
    setHeld(null);
    setRefused(0);
    setLeft(new Set());
  }

  const answer = last?.template === asked && refused === 0 ? last : null;
  const name = draft.name ?? held ?? (template === null ? '' : suggest(template.name, taken));
  const fields = template === null ? [TEMPLATE] : fieldsOf(template, draft);
  const complaints = template === null ? unknown(asked) : complaintsOf(template, draft, name, taken);
  const said = answer === null ? [] : saidIn(answer);
  const ripe = (place: string) =>
    refused > 0 || left.has(place) || place === TEMPLATE.place || (place === NAME.place && name !== '');
  const notes = notesOf(complaints, said, ripe, edited);
  const wrong = fields.filter((field) => notes.errors(field).length > 0);
  const missing = missingVariables(said, fields);

  // Whoever asked is led to what is wrong first.
  useEffect(() => {
    if (answer?.problem == null && refused === 0) return;
    const first = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    (first ?? top.current)?.focus();
  }, [answer, refused]);

  const change = (place: string, next: Draft) => {
    setDraft(next);
    edit(place);
  };
  const send = (what: Answer['asked']) => {
    if (template === null) return;
    if (complaints.some((complaint) => complaint.sure)) {
      setRefused(refused + 1);
      return;
    }
    setRefused(0);
    setHeld(name);
    void ask(what, requestOf(template, draft, name));
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    send('create');
  };
  // What was said of fields that are edited by now is no news any more; what is about no field stays.
  const stands =
    refused > 0
      ? wrong.length > 0
      : answer?.problem != null &&
        (edited.size === 0 ||
          wrong.length > 0 ||
          missing.length > 0 ||
          said.every(({ pointer }) => !at(fields, pointer)));

  return (
    <FormContext
      value={{
        notes,
        leave: (place) => !left.has(place) && setLeft(new Set(left).add(place)),
      }}
    >
      <div className="grid items-start gap-4 wide:grid-cols-[minmax(0,1.5fr)_minmax(0,1fr)]">
        <form ref={form} onSubmit={onSubmit} noValidate className="min-w-0" aria-label="New instance">
          <div ref={top} tabIndex={-1} className="outline-none">
            {stands && (
              <div className="mb-4">
                <Summary
                  answer={refused > 0 ? null : answer}
                  wrong={wrong}
                  known={fields}
                  missing={missing}
                  onGo={(place) => focusField(form.current, place)}
                  onAdd={(variable) =>
                    change('variable', { ...draft, variables: addRow(draft.variables, variable) })
                  }
                />
              </div>
            )}
          </div>
          <Panel>
            <div className="space-y-5 px-4 py-4">
              <TemplateField
                templates={templates}
                provisioners={provisioners}
                chosen={template}
                onChoose={onChoose}
              />
              {template !== null && (
                <>
                  <FormField
                    field={NAME}
                    required
                    hint="Small letters, digits and “-”; no two living instances have the same."
                  >
                    {(control) => (
                      <TextInput
                        {...control}
                        aria-required
                        value={name}
                        onChange={(event) => change(NAME.place, { ...draft, name: event.target.value })}
                      />
                    )}
                  </FormField>
                  <FormField field={DESCRIPTION} hint="For people: what it is for.">
                    {(control) => (
                      <TextInput
                        {...control}
                        maxLength={1024}
                        value={draft.description}
                        onChange={(event) =>
                          change(DESCRIPTION.place, { ...draft, description: event.target.value })
                        }
                      />
                    )}
                  </FormField>
                  <Inputs template={template} draft={draft} onChange={change} />
                  <Rows
                    kind="variable"
                    title="More variables"
                    hint="Environment of the server beyond the template’s inputs. NAME=value can be pasted."
                    rows={draft.variables}
                    onChange={(variables, place) => change(place, { ...draft, variables })}
                  />
                  <Rows
                    kind="label"
                    title="Labels"
                    hint={<LabelHint labels={template.labels} />}
                    rows={draft.labels}
                    onChange={(labels, place) => change(place, { ...draft, labels })}
                  />
                  <ProvisionerField
                    template={template}
                    provisioners={provisioners}
                    value={draft.provisioner}
                    onChange={(provisioner) => change('provisioner', { ...draft, provisioner })}
                  />
                </>
              )}
            </div>
            {template !== null && (
              <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-t px-4 py-3">
                <Button type="submit" look="main" aria-disabled={asking !== null} className="min-w-24">
                  {asking === 'create' ? 'Creating…' : 'Create'}
                </Button>
                <Button
                  aria-disabled={asking !== null}
                  title="Ask every hook, and create nothing"
                  className="min-w-24"
                  onClick={() => send('check')}
                >
                  {asking === 'check' ? 'Checking…' : 'Check'}
                </Button>
                <span role="status" className="min-w-0 flex-1 basis-40 text-muted">
                  {asking === null && outcomeOf(answer, edited.size > 0)}
                </span>
              </div>
            )}
          </Panel>
        </form>
        {template !== null && (
          <CheckPanel
            template={template}
            answer={answer}
            asking={asking === 'check'}
            stale={edited.size > 0}
            onCheck={() => send('check')}
          />
        )}
      </div>
      <LeaveGuard active={!isUntouched(draft)} />
    </FormContext>
  );
}

function Inputs({
  template,
  draft,
  onChange,
}: {
  template: Template;
  draft: Draft;
  onChange: (place: string, next: Draft) => void;
}) {
  if (template.inputs.length === 0) return null;
  return (
    <fieldset className="min-w-0 space-y-4 border-line border-t pt-4">
      <legend className="font-semibold text-[1.05rem]">Inputs of {template.name}</legend>
      {template.inputs.map((input) => (
        <InputField
          key={`${template.name} ${input.name}`}
          input={input}
          value={valueFor(input, draft)}
          inherited={template.environment[input.name]}
          onChange={(value) => onChange(inputField(input).place, give(draft, input, value))}
        />
      ))}
    </fieldset>
  );
}

function LabelHint({ labels }: { labels: Template['labels'] }) {
  const own = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return (
    <>
      To select by. key=value can be pasted.
      {own.length > 0 && ` The template gives ${own.join(', ')}; a label of the same name here wins.`}
    </>
  );
}

function unknown(asked: string | undefined): Complaint[] {
  if (asked === undefined) return [];
  return [
    { pointer: '/template', message: `There is no template ${asked}: choose another one.`, sure: true },
  ];
}

function at(fields: readonly FieldPlace[], pointer: string): FieldPlace | undefined {
  return fields.find((field) => field.pointers.includes(pointer));
}

/** Variables that a hook or the template wants and that have no field yet. */
function missingVariables(said: ReturnType<typeof saidIn>, fields: readonly FieldPlace[]): string[] {
  const names = said
    .filter(({ tone, pointer }) => tone === 'bad' && at(fields, pointer) === undefined)
    .map(({ pointer }) => variableAt(pointer))
    .filter((name) => name !== null);
  return [...new Set(names)];
}
