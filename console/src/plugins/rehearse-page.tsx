// Tries a hook, with another file or other settings, on everything that is there, before it refuses anybody.

import { useMutation } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { FlaskConical } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { rehearseHook } from '../api/plugins';
import { Problem } from '../api/problem';
import type { RehearsalRequest } from '../api/types';
import { Button, ButtonLink } from '../design/button';
import { Field, TextInput } from '../design/field';
import { Page, Panel } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';
import { requestOf } from './rehearsal';
import { RehearsalResult } from './rehearsal-result';

export function RehearsePage() {
  const { name } = useParams({ from: '/plugins/$name/rehearse' });
  const [plugin, setPlugin] = useState('');
  const [settings, setSettings] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const rehearse = useMutation({ mutationFn: (body: RehearsalRequest) => rehearseHook(name, body) });
  const problem = rehearse.error === null ? null : Problem.from(rehearse.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const request = requestOf(plugin, settings);
    setWrong('wrong' in request ? request.wrong : null);
    if ('body' in request) rehearse.mutate(request.body);
    else rehearse.reset();
  };
  /** Errors of a field, and of what is inside of it. */
  const errorsAt = (field: string) =>
    problem?.errors.filter(({ pointer }) => pointer === field || pointer.startsWith(`${field}/`)) ?? [];
  const ofSettings = errorsAt('/settings').map(({ pointer, message }) => {
    const inside = pointer.slice('/settings'.length);
    return inside === '' ? message : `${inside}: ${message}`;
  });
  const atFields = errorsAt('/plugin').length + ofSettings.length;
  const saidAtFields = atFields > 0 && atFields === problem?.errors.length;
  return (
    <Page
      title={`Rehearse ${name}`}
      note="The hook reviews every living instance and the last requests. Nothing is stored, and nobody is refused."
      actions={<ButtonLink to="/plugins">All plugins</ButtonLink>}
    >
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 wide:grid-cols-[minmax(20rem,2fr)_3fr]">
        <Panel title="What to try">
          <form className="space-y-4 px-4 py-4" onSubmit={submit}>
            <Field
              label="Plugin file"
              hint="A file beside the hook’s own, such as naming-2.wasm. Empty: the configured one."
              errors={errorsAt('/plugin').map(({ message }) => message)}
            >
              {(control) => (
                <TextInput
                  {...control}
                  placeholder="as configured"
                  value={plugin}
                  onChange={(event) => setPlugin(event.target.value)}
                />
              )}
            </Field>
            <Field
              label="Settings, as JSON"
              hint="All of them, in place of the configured ones. Empty: the configured ones."
              errors={wrong === null ? ofSettings : [wrong]}
            >
              {(control) => (
                <textarea
                  {...control}
                  rows={8}
                  spellCheck={false}
                  placeholder={'{"pattern": "^[a-z]"}'}
                  className="w-full min-w-0 resize-y rounded border border-line-strong bg-surface px-2.5 py-1.5 font-mono text-ink aria-invalid:border-bad"
                  value={settings}
                  onChange={(event) => setSettings(event.target.value)}
                />
              )}
            </Field>
            {problem !== null && !saidAtFields && <ProblemNote problem={problem} />}
            <Button look="main" type="submit" disabled={rehearse.isPending}>
              <FlaskConical size={15} aria-hidden />
              {rehearse.isPending ? 'Rehearsing…' : 'Rehearse'}
            </Button>
          </form>
        </Panel>
        {rehearse.isPending && (
          <Panel title="Rehearsing…">
            <SkeletonRows rows={4} label="The hook reviews everything" />
          </Panel>
        )}
        {rehearse.data !== undefined && <RehearsalResult rehearsal={rehearse.data} />}
        {(rehearse.isIdle || rehearse.isError) && (
          <Panel title="What it would refuse">
            <p className="max-w-prose px-4 py-4 text-muted">
              Nothing was rehearsed yet. Put a candidate’s file beside the hook’s own, or write other
              settings, and see here what it would have refused. With both empty, the hook is tried as it is.
            </p>
          </Panel>
        )}
      </div>
    </Page>
  );
}
