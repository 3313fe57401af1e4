// How the creation goes, step by step, as the stream tells it; why it stops if it does; and what to do next.

import { useMutation, useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, LoaderCircle, OctagonX } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { eventsQuery, retryInstance } from '../api/instances';
import { Problem } from '../api/problem';
import type { Instance, InstanceEvent, Status } from '../api/types';
import { clock, moment, span, Until } from '../design/age';
import { Button, ButtonLink } from '../design/button';
import { classes } from '../design/classes';
import { Copy } from '../design/copy';
import { Panel } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { StatusBadge } from '../design/status-badge';
import { useRoster, useStreamState } from '../live/context';
import { type Step, stepsOf } from './steps';

export function Progress({ made, onAnother }: { made: Instance; onAnother: () => void }) {
  const { records, gone } = useRoster();
  const stream = useStreamState();
  const known = records.get(made.id);
  // The answer to the request may be newer than what the roster has read.
  const instance = known === undefined || known.revision < made.revision ? made : known;
  const status: Status = gone.has(made.id) ? 'gone' : instance.status;
  const { data: events = [] } = useQuery(eventsQuery(made.id));
  const panel = useRef<HTMLDivElement>(null);
  // The form, and with it whatever had the focus, is gone.
  useEffect(() => panel.current?.focus(), []);
  return (
    <div ref={panel} tabIndex={-1} className="max-w-3xl outline-none">
      <Panel title={instance.name} actions={<StatusBadge status={status} />}>
        <ol aria-label="Progress" className="space-y-3 px-4 py-4">
          {stepsOf(status, events).map((step) => (
            <StepRow key={step.status} step={step} began={instance.created_at} />
          ))}
        </ol>
        <div role="status" className="min-h-12 space-y-2 border-line border-t px-4 py-3">
          <Outcome instance={instance} status={status} events={events} />
          {stream.kind === 'down' && (
            <p className="text-warn">
              Wharfinger is not heard at the moment: this is what was known last. It goes on by itself.
            </p>
          )}
        </div>
        <div className="flex flex-wrap gap-2 border-line border-t px-4 py-3">
          {status !== 'gone' && (
            <ButtonLink look="main" to="/instances/$id" params={{ id: made.id }}>
              Open instance
            </ButtonLink>
          )}
          <Button onClick={onAnother}>Create another</Button>
        </div>
      </Panel>
    </div>
  );
}

const LOOKS = {
  done: { icon: CircleCheck, color: 'text-good', word: 'done' },
  now: { icon: LoaderCircle, color: 'text-busy animate-spin', word: 'under way' },
  ahead: { icon: CircleDashed, color: 'text-muted', word: 'to come' },
  stopped: { icon: OctagonX, color: 'text-bad', word: 'not reached' },
} as const;

/** Of a step, as it stands on the way: true before it, at it and after it. */
const MEANS: Record<Step['status'], string> = {
  requested: 'The request is recorded.',
  creating: 'The provisioner makes the workload.',
  created: 'The workload is made.',
  running: 'It answers as an MCP server.',
};

function StepRow({ step, began }: { step: Step; began: string }) {
  const look = LOOKS[step.state];
  return (
    <li className="flex items-start gap-2.5" aria-current={step.state === 'now' ? 'step' : undefined}>
      <look.icon
        size={18}
        role="img"
        aria-label={look.word}
        className={classes('mt-0.5 shrink-0', look.color)}
      />
      <span className="min-w-0 flex-1">
        <span className={classes('font-medium', step.state === 'ahead' && 'text-muted')}>{step.status}</span>
        <span className="block text-muted text-xs">{MEANS[step.status]}</span>
      </span>
      {step.at !== null && step.state !== 'stopped' && (
        <time dateTime={step.at} title={moment(step.at)} className="text-right text-muted text-xs">
          {clock(Date.parse(step.at))}
          {step.status !== 'requested' && <span className="block">{after(began, step.at)}</span>}
        </time>
      )}
    </li>
  );
}

function after(began: string, at: string): string {
  const past = Math.max(0, Date.parse(at) - Date.parse(began));
  if (past < 1_000) return `after ${past} ms`;
  return past < 60_000 ? `after ${(past / 1_000).toFixed(1)} s` : `after ${span(past)}`;
}

function Outcome({
  instance,
  status,
  events,
}: {
  instance: Instance;
  status: Status;
  events: readonly InstanceEvent[];
}) {
  if (status === 'running') {
    return (
      <>
        <p>It runs, and answers as an MCP server.</p>
        {instance.endpoint !== null && (
          <p className="flex items-center gap-1">
            <code className="min-w-0 break-all">{instance.endpoint.url}</code>
            <Copy text={instance.endpoint.url} what="endpoint" />
          </p>
        )}
        <Warnings instance={instance} />
      </>
    );
  }
  if (status === 'failed') return <Failed instance={instance} />;
  if (status === 'deleting') return <p>It is being deleted.</p>;
  if (status === 'gone') return <p>It is deleted: nothing of it is left.</p>;
  if (status === 'unhealthy' || status === 'recovering') {
    const why = events.findLast((event) => event.type === 'recovery-scheduled' || event.to === 'unhealthy');
    return (
      <>
        <p className="break-words text-warn">
          {why?.message == null ? 'It does not answer as it should.' : `It did not come up: ${why.message}.`}
        </p>
        <p>
          Wharfinger makes its workload anew
          {instance.next_attempt_at === null ? (
            '.'
          ) : (
            <NextAttempt instance={instance} at={instance.next_attempt_at} />
          )}
        </p>
      </>
    );
  }
  const waits = instance.conditions.find((condition) => condition.status !== 'True');
  return (
    <p className="break-words text-muted">
      {status === 'created' && waits !== undefined
        ? `Waiting until it answers: ${waits.message}`
        : 'This goes on by itself, also when you leave this page.'}
    </p>
  );
}

function NextAttempt({ instance, at }: { instance: Instance; at: string }) {
  return (
    <>
      {' '}
      in <Until to={at} /> (attempt {instance.attempt + 1}).
    </>
  );
}

function Warnings({ instance }: { instance: Instance }) {
  return instance.conditions
    .filter((condition) => condition.status === 'Warning')
    .map((condition) => (
      <p key={condition.type} className="break-words text-warn">
        {condition.message}
      </p>
    ));
}

function Failed({ instance }: { instance: Instance }) {
  const retry = useMutation({ mutationFn: () => retryInstance(instance.id) });
  const { error } = instance;
  // The event is here before the record is read again.
  if (error === null) return <p className="text-bad">It failed; the reason is being read.</p>;
  const causes = [...new Set(error.causes.map((cause) => cause.message))].filter(
    (cause) => !error.message.includes(cause),
  );
  return (
    <>
      <p className="break-words">
        <b className="font-semibold text-bad">It failed: {error.message}</b>{' '}
        <code className="text-muted text-xs">{error.code}</code>
      </p>
      {causes.length > 0 && (
        <ul className="list-disc pl-4">
          {causes.map((cause) => (
            <li key={cause} className="break-words">
              {cause}
            </li>
          ))}
        </ul>
      )}
      <p className="break-words">{error.remedy}</p>
      <Button aria-disabled={retry.isPending} onClick={() => !retry.isPending && retry.mutate()}>
        Retry
      </Button>
      {retry.error !== null && <ProblemNote problem={Problem.from(retry.error)} />}
    </>
  );
}
