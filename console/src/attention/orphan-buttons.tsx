// What a person can decide about a workload without a record: make an instance of it, or have it destroyed.

import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useId, useState } from 'react';
import { useAdopt, usePurge } from '../api/orphans';
import { Problem } from '../api/problem';
import { templatesQuery } from '../api/templates';
import type { Orphan } from '../api/types';
import { Button } from '../design/button';
import { ConfirmDialog, Dialog } from '../design/dialog';
import { Field, Select, TextInput } from '../design/field';
import { ProblemNote } from '../design/problem-note';

export function OrphanButtons({
  orphan,
  onAsking,
}: {
  orphan: Orphan;
  /** Hears whether a dialog is open. */
  onAsking?: ((asking: boolean) => void) | undefined;
}) {
  const [asking, setAsking] = useState<'adopt' | 'purge' | null>(null);
  const purge = usePurge();
  const ask = (next: 'adopt' | 'purge' | null) => {
    setAsking(next);
    onAsking?.(next !== null);
  };
  const close = () => ask(null);
  return (
    <div className="flex shrink-0 gap-2">
      <Button aria-label={`Adopt ${orphan.workload}`} onClick={() => ask('adopt')}>
        Adopt
      </Button>
      <Button look="danger" aria-label={`Purge ${orphan.workload}`} onClick={() => ask('purge')}>
        Purge
      </Button>
      {asking === 'adopt' && <AdoptDialog orphan={orphan} onClose={close} />}
      {asking === 'purge' && (
        <ConfirmDialog
          title={`Purge ${orphan.workload}?`}
          act="Purge the workload"
          busy={purge.isPending}
          problem={purge.error && Problem.from(purge.error)}
          onClose={close}
          onConfirm={() => purge.mutate(orphan, { onSuccess: close })}
        >
          <p>
            The workload is destroyed at {orphan.provisioner}, and whatever it holds with it. This cannot be
            undone.
          </p>
        </ConfirmDialog>
      )}
    </div>
  );
}

function AdoptDialog({ orphan, onClose }: { orphan: Orphan; onClose: () => void }) {
  const templates = useQuery(templatesQuery);
  const navigate = useNavigate();
  const adopt = useAdopt();
  const formId = useId();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const template = templates.data?.find((each) => each.name === chosen) ?? templates.data?.[0];
  const required = template?.inputs.filter((input) => input.required && input.default === null) ?? [];
  const problem = adopt.error === null ? null : Problem.from(adopt.error);
  const wrong = (pointer: string) =>
    problem?.errors.filter((error) => error.pointer === pointer).map((error) => error.message) ?? [];
  const pointerOf = (input: (typeof required)[number]) =>
    `/${input.secret ? 'secrets' : 'environment'}/${input.name}`;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (template === undefined) return;
    const given = (secret: boolean) =>
      Object.fromEntries(
        required.filter((each) => each.secret === secret).map(({ name }) => [name, values[name] ?? '']),
      );
    const body = { name, template: template.name, environment: given(false), secrets: given(true) };
    adopt.mutate(
      { orphan, body },
      { onSuccess: ({ id }) => void navigate({ to: '/instances/$id', params: { id } }) },
    );
  };
  return (
    <Dialog
      title="Adopt this workload"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="main"
            type="submit"
            form={formId}
            disabled={adopt.isPending || template === undefined}
          >
            Adopt
          </Button>
        </>
      }
    >
      <form id={formId} className="space-y-4" onSubmit={submit}>
        <p>
          <code className="break-all">{orphan.workload}</code> at {orphan.provisioner} becomes an instance. It
          runs on as it is; the template is used when it must be made anew, so choose the one it was made
          from.
        </p>
        <Field label="Name" required hint="Small letters, digits and “-”." errors={wrong('/name')}>
          {(control) => (
            <TextInput
              {...control}
              required
              data-focus-first
              maxLength={63}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label="Template" required errors={wrong('/template')}>
          {(control) => (
            <Select
              {...control}
              value={template?.name ?? ''}
              onChange={(event) => setChosen(event.target.value)}
            >
              {templates.data?.map((each) => (
                <option key={each.name} value={each.name}>
                  {each.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {required.map((input) => (
          <Field
            key={input.name}
            label={input.name}
            required
            hint={input.description}
            errors={wrong(pointerOf(input))}
          >
            {(control) => (
              <TextInput
                {...control}
                required
                type={input.secret ? 'password' : 'text'}
                autoComplete={input.secret ? 'new-password' : 'off'}
                value={values[input.name] ?? ''}
                onChange={(event) => setValues({ ...values, [input.name]: event.target.value })}
              />
            )}
          </Field>
        ))}
        {problem !== null && (
          <ProblemNote problem={problem} fields={['/name', '/template', ...required.map(pointerOf)]} />
        )}
      </form>
    </Dialog>
  );
}
