// What a check, or a refused creation, came to: each hook's verdict, and the request as it would be recorded.

import { CircleCheck, CircleDashed, OctagonX, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Admission, DryRun, Template } from '../api/types';
import { Badge } from '../design/badge';
import { Button } from '../design/button';
import { duration } from '../design/duration';
import { Fact, Facts, Panel } from '../design/page';
import { Skeleton } from '../design/skeleton';
import { type Answer, admissionOf, isLost } from './answer';

export function CheckPanel({
  template,
  answer,
  asking,
  stale,
  onCheck,
}: {
  template: Template;
  answer: Answer | null;
  asking: boolean;
  stale: boolean;
  onCheck: () => void;
}) {
  const verdicts = answer === null ? [] : admissionOf(answer);
  return (
    <Panel
      title={answer?.asked === 'create' ? 'Verdicts' : 'Check'}
      actions={answer !== null && !asking && <State answer={answer} stale={stale} onCheck={onCheck} />}
      className="min-w-0 wide:sticky wide:top-16 wide:max-h-[calc(100vh-5rem)] wide:overflow-y-auto"
    >
      {asking ? (
        <div role="status" aria-label="The hooks are being asked" className="space-y-3 px-4 py-4">
          <Skeleton className="w-2/3" />
          <Skeleton className="w-1/2" />
          <Skeleton className="w-3/5" />
        </div>
      ) : answer === null ? (
        <p className="px-4 py-3 text-muted">
          Check asks every hook and creates nothing. Here you will see what each says, and the request as it
          would be recorded, with every default filled in.
        </p>
      ) : (
        <>
          {verdicts.length > 0 && (
            <ul aria-label="Verdicts of the hooks" className="divide-y divide-line">
              {verdicts.map((verdict) => (
                <VerdictRow key={verdict.hook} verdict={verdict} />
              ))}
            </ul>
          )}
          {verdicts.length === 0 && (
            <p className="px-4 py-3 text-muted">
              {answer.dryRun === null
                ? `${answer.problem?.retryable ? 'There is no verdict' : 'No hook was asked: the request was refused before'}. The form says why.`
                : 'No hook has a say in this request.'}
            </p>
          )}
          {answer.dryRun !== null && <Effective dryRun={answer.dryRun} template={template} />}
        </>
      )}
    </Panel>
  );
}

/** In a line beside the buttons. */
export function outcomeOf(answer: Answer | null, stale: boolean): string {
  if (answer === null) return '';
  const { asked, problem, dryRun } = answer;
  if (isLost(answer)) {
    return asked === 'check'
      ? 'No answer: nothing is known yet.'
      : 'No answer: whether it was created is not known yet.';
  }
  if (stale) return `${asked === 'check' ? 'Checked' : 'Refused'}, and edited since: check again.`;
  if (problem?.retryable) return 'Not decided: try again.';
  if (problem !== null) return asked === 'check' ? 'Checked: it would be refused.' : 'Nothing was created.';
  const warned = admissionOf(answer).some(({ verdict }) => verdict === 'deny') || dryRun?.warnings.length;
  return warned ? 'Checked: it can be created; see the warnings.' : 'Checked: it can be created.';
}

function State({ answer, stale, onCheck }: { answer: Answer; stale: boolean; onCheck: () => void }) {
  if (stale) {
    return (
      <>
        <Badge tone="warn" icon={TriangleAlert}>
          Stale: edited since
        </Badge>
        <Button onClick={onCheck}>Check again</Button>
      </>
    );
  }
  return answer.problem === null ? (
    <Badge tone="good" icon={CircleCheck}>
      Can be created
    </Badge>
  ) : (
    <Badge tone="bad" icon={OctagonX}>
      {isLost(answer) ? 'No answer' : answer.problem.retryable ? 'Not decided' : 'Refused'}
    </Badge>
  );
}

function VerdictRow({ verdict }: { verdict: Admission }) {
  const { hook, mode, message, violations, took_us } = verdict;
  // Its message has all of its words in a row; what its violations tell already is left out.
  const told = violations.map((violation) => violation.message);
  const rest = message
    ?.split('; ')
    .filter((part) => !told.includes(part))
    .join('; ');
  return (
    <li className="space-y-1 px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-0 flex-1 basis-28 break-words font-medium">{hook}</span>
        <span className="text-muted text-xs">
          {mode === 'audit' ? 'audit: it only records' : mode} · {duration(took_us)}
        </span>
        <Word verdict={verdict} />
      </div>
      {violations.length > 0 && (
        <ul className="list-disc space-y-0.5 pl-4">
          {violations.map(({ pointer, code, message }) => (
            <li key={`${pointer} ${code} ${message}`} className="break-words">
              {pointer !== '' && <code className="mr-1.5 text-muted text-xs">{pointer}</code>}
              {message}
            </li>
          ))}
        </ul>
      )}
      {rest && <p className="break-words text-muted">{rest}</p>}
    </li>
  );
}

function Word({ verdict: { verdict, mode, code, message } }: { verdict: Admission }) {
  const failed = code === 'hook_failed' || code === 'hook_busy' ? ' (it could not answer)' : '';
  if (verdict === 'allow') {
    return message === null ? (
      <Badge tone="good" icon={CircleCheck}>
        allows{failed}
      </Badge>
    ) : (
      <Badge tone="warn" icon={TriangleAlert}>
        {failed === '' ? 'allows, with a warning' : `allows${failed}`}
      </Badge>
    );
  }
  return mode === 'enforce' ? (
    <Badge tone="bad" icon={OctagonX}>
      denies{failed}
    </Badge>
  ) : (
    <Badge tone="warn" icon={CircleDashed}>
      would deny{failed}
    </Badge>
  );
}

function Effective({ dryRun: { request }, template }: { dryRun: DryRun; template: Template }) {
  return (
    <section aria-label="The request as it would be recorded" className="border-line border-t">
      <h3 className="px-4 pt-3 font-medium">As it would be recorded</h3>
      <Facts>
        <Fact name="Name">{request.name}</Fact>
        <Fact name="Template">{request.template}</Fact>
        <Fact name="Provisioner">{request.provisioner}</Fact>
        {request.description !== null && <Fact name="Description">{request.description}</Fact>}
        <Fact name="Environment">
          <Pairs pairs={request.environment} whose={(key, value) => origin(template, key, value)} />
        </Fact>
        <Fact name="Secrets">
          {request.secrets.length === 0 ? <None /> : <code>{request.secrets.join(', ')}</code>}
        </Fact>
        <Fact name="Labels">
          <Pairs
            pairs={request.labels}
            whose={(key, value) => (template.labels[key] === value ? 'the template’s' : null)}
          />
        </Fact>
      </Facts>
    </section>
  );
}

function origin(template: Template, key: string, value: string): string | null {
  const input = template.inputs.find((each) => each.name === key);
  if (input?.default === value) return 'default';
  return input?.default == null && template.environment[key] === value ? 'the template’s' : null;
}

function Pairs({
  pairs,
  whose,
}: {
  pairs: Record<string, string>;
  whose: (key: string, value: string) => ReactNode;
}) {
  const all = Object.entries(pairs);
  if (all.length === 0) return <None />;
  return (
    <ul>
      {all.map(([key, value]) => (
        <li key={key} className="break-words">
          <code>
            {key}={value}
          </code>
          <span className="ml-2 text-muted text-xs">{whose(key, value)}</span>
        </li>
      ))}
    </ul>
  );
}

function None() {
  return <span className="text-muted">none</span>;
}
