// The form: what the template asks for, what every instance has, and the two buttons. It holds what is filled in
// for as long as it is in the page, and nothing of it is kept elsewhere.

import { type FormEvent, type MouseEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { Instance, Provisioner, Template } from '../api/types';
import { Button } from '../design/button';
import { Panel } from '../design/page';
import { useRoster } from '../live/context';
import { type Answer, isLost } from './answer';
import { CheckPanel, outcomeOf } from './check-panel';
import { type Complaint, complaintsOf } from './complaints';
import { addRow, anew, type Draft, EMPTY, isUntouched } from './draft';
import { fieldsOf, NAME, TEMPLATE } from './fields';
import { findingsOf } from './findings';
import { FormContext, focusField } from './form-field';
import { FormFields } from './form-fields';
import { LeaveGuard } from './leave-guard';
import { suggest } from './names';
import { requestOf } from './request';
import { Summary } from './summary';
import { TemplateField } from './template-field';
import { useAsking } from './use-asking';

const NONE: ReadonlySet<string> = new Set();

export function CreateForm({
  templates,
  provisioners,
  asked,
  again,
  onChoose,
  onCreated,
}: {
  templates: readonly Template[];
  provisioners: readonly Provisioner[];
  /** The template's name in the address. */
  asked: string | undefined;
  /** Whether one was created here just before: whatever had the focus is gone with its progress. */
  again: boolean;
  onChoose: (template: string) => void;
  onCreated: (instance: Instance) => void;
}) {
  const { records } = useRoster();
  const taken = useMemo(() => new Set([...records.values()].map((each) => each.name)), [records]);
  const listed = templates.find((each) => each.name === asked) ?? null;
  /** As it was read last: a template whose file is away for a while takes nothing with it that is filled in. */
  const [read, setRead] = useState(listed);
  if (listed !== null && listed !== read) setRead(listed);
  const template = listed ?? (read?.name === asked ? read : null);
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [draftOf, setDraftOf] = useState(asked);
  /** The suggestion that was asked about: it must not change between a question and the next. */
  const [held, setHeld] = useState<string | null>(null);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  /** Counts what was refused here, without asking the daemon; 0: nothing since the last question. */
  const [refused, setRefused] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const { asking, answer: last, edited, ask, edit, dismiss } = useAsking(onCreated);
  if (draftOf !== asked) {
    setDraftOf(asked);
    setDraft(anew(draft));
    setHeld(null);
    setRefused(0);
    setLeft(new Set());
    dismiss();
  }

  // One that comes late may be about the template before.
  const answer = last?.template === asked ? last : null;
  const name = draft.name ?? held ?? (template === null ? '' : suggest(template.name, taken));
  // Whoever has this name may be what the request without an answer made: sent again, it will tell.
  const mine = isLost(answer) && answer?.asked === 'create' && !edited.has(NAME.place);
  const others = mine ? NONE : taken;
  const fields = template === null ? [TEMPLATE] : fieldsOf(template, draft);
  const complaints = [
    ...(listed === null ? unknown(asked) : []),
    ...(template === null ? [] : complaintsOf(template, draft, name, others)),
  ];
  const found = findingsOf({ fields, complaints, answer, edited, left, refused: refused > 0 });

  // Whoever asked is led to what is wrong first.
  useEffect(() => {
    if (answer?.problem == null && refused === 0) return;
    const first = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    (first ?? top.current)?.focus();
  }, [answer, refused]);

  useEffect(() => {
    if (again) focusField(form.current, NAME.place);
  }, [again]);

  const change = (place: string, next: Draft) => {
    setDraft(next);
    edit(place);
  };
  const send = (what: Answer['asked']) => {
    if (template === null) return;
    if (complaints.some((complaint) => complaint.sure)) {
      setRefused(refused + 1);
      dismiss();
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
  return (
    <FormContext
      value={{
        notes: found.notes,
        leave: (place) => !left.has(place) && setLeft(new Set(left).add(place)),
      }}
    >
      <div className="grid items-start gap-4 wide:grid-cols-[minmax(0,1.5fr)_minmax(0,1fr)]">
        <form
          ref={form}
          onSubmit={onSubmit}
          onMouseDown={keepStill}
          noValidate
          className="min-w-0"
          aria-label="New instance"
        >
          <div ref={top} tabIndex={-1} className="outline-none">
            {found.stands && (
              <div className="mb-4">
                <Summary
                  answer={answer}
                  findings={found}
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
                <FormFields
                  template={template}
                  provisioners={provisioners}
                  draft={draft}
                  name={name}
                  onChange={change}
                />
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

/** A field that loses the focus may get a line more, and the button would be gone from under the mouse. */
function keepStill(event: MouseEvent) {
  const button = (event.target as Element).closest('button');
  // The list of templates closes when it loses the focus, and moves nothing.
  if (button !== null && document.activeElement?.role !== 'combobox') event.preventDefault();
}

function unknown(asked: string | undefined): Complaint[] {
  if (asked === undefined) return [];
  return [
    { pointer: '/template', message: `There is no template ${asked}: choose another one.`, sure: true },
  ];
}
