// What became of what was asked for many: how far it is, and one result for each. It stays until it is dismissed.

import { CircleCheck, CircleDashed, Clock, OctagonX, X } from 'lucide-react';
import { memo } from 'react';
import { IconButton } from '../design/button';
import { Panel } from '../design/page';
import { dismissJob, foremost, type Job, type JobItem, useJobs } from './jobs';

/** So many results are drawn; what went wrong comes first. */
const DRAWN = 200;

export function JobsPanel() {
  return useJobs().map((job) => <JobPanel key={job.number} job={job} />);
}

function JobPanel({ job }: { job: Job }) {
  const count = (...states: JobItem['state'][]) =>
    job.items.filter((item) => states.includes(item.state)).length;
  const settled = job.act === 'retry' ? count('accepted') : count('done');
  const bad = count('failed', 'refused');
  const total = job.items.length;
  return (
    <Panel
      title={
        <span className="flex flex-wrap items-center gap-x-3">
          {job.act === 'delete' ? 'Delete' : 'Retry'} {total} {total === 1 ? 'instance' : 'instances'}
          <span className="font-normal text-muted text-sm" role="status">
            {settled} {job.act === 'delete' ? 'deleted' : 'tried again'}
            {bad > 0 && <span className="text-bad">, {bad} not</span>}
            {!job.finished && ' so far'}
            {job.held !== null && `; waiting for the daemon: ${job.held.title}`}
          </span>
        </span>
      }
      actions={
        <IconButton
          label={job.finished ? 'Dismiss these results' : 'Dismiss these results; what was asked goes on'}
          onClick={() => dismissJob(job.number)}
        >
          <X size={16} aria-hidden />
        </IconButton>
      }
    >
      <progress
        value={settled + bad}
        max={total}
        aria-label={`${settled + bad} of ${total} settled`}
        className="block h-1 w-full appearance-none border-0 bg-sunken [&::-moz-progress-bar]:bg-signal [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-signal"
      />
      <ul
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
        tabIndex={0}
        aria-label="Results"
        className="max-h-56 divide-y divide-line overflow-y-auto"
      >
        {foremost(job.items, DRAWN).map((item) => (
          <Result key={item.id} item={item} act={job.act} />
        ))}
        {total > DRAWN && (
          <li className="px-4 py-1.5 text-muted">and {(total - DRAWN).toLocaleString()} more</li>
        )}
      </ul>
    </Panel>
  );
}

const WORDS: Record<Job['act'], Record<JobItem['state'], string>> = {
  delete: {
    waiting: 'waits for its turn',
    pending: 'waits for its turn',
    accepted: 'is being deleted',
    done: 'is deleted',
    failed: 'could not be deleted',
    refused: 'was refused',
  },
  retry: {
    waiting: 'waits for its turn',
    pending: 'waits for its turn',
    accepted: 'is tried again',
    done: 'is tried again',
    failed: 'could not be tried again',
    refused: 'was refused',
  },
};

/** Rows that are not seen are not laid out, so that a thousand results cost as much as ten. */
const Result = memo(function Result({ item, act }: { item: JobItem; act: Job['act'] }) {
  return (
    <li className="flex gap-2 px-4 py-1.5 [contain-intrinsic-size:auto_2rem] [content-visibility:auto]">
      <ResultIcon state={item.state} settled={act === 'retry' ? 'accepted' : 'done'} />
      <span className="min-w-0 break-words">
        <b className="font-medium">{item.name}</b> {WORDS[act][item.state]}
        {item.problem !== null && (
          <span className="text-bad">
            : {item.problem.detail} {item.problem.remedy}
          </span>
        )}
      </span>
    </li>
  );
});

function ResultIcon({ state, settled }: { state: JobItem['state']; settled: JobItem['state'] }) {
  const look = { size: 16, 'aria-hidden': true } as const;
  if (state === settled || state === 'done')
    return <CircleCheck {...look} className="mt-0.5 shrink-0 text-good" />;
  if (state === 'failed' || state === 'refused')
    return <OctagonX {...look} className="mt-0.5 shrink-0 text-bad" />;
  if (state === 'accepted') return <CircleDashed {...look} className="mt-0.5 shrink-0 text-busy" />;
  return <Clock {...look} className="mt-0.5 shrink-0 text-muted" />;
}
