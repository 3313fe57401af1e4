// One instance: what is known of it, what it can do, what it says, and what became of it.

import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { instanceQuery } from '../api/instances';
import { Problem } from '../api/problem';
import type { Instance } from '../api/types';
import { Page } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';
import { Acts } from './acts';
import { AdmissionTab } from './admission';
import { ConnectTab } from './connect';
import { EventsTab } from './events';
import { FailurePanel } from './failure';
import { Gone } from './gone';
import { Head } from './head';
import { LogTab } from './log/tab';
import { OverviewTab } from './overview';
import { PlaceTabs } from './place-tabs';
import { useCalls } from './tools/calls';
import { ToolsTab } from './tools/tab';

/** When somebody last looked at a workload makes no event. */
const REFRESH = 15_000;

export function InstancePage() {
  const { id } = useParams({ from: '/instances/$id' });
  // Another instance is another page: nothing of the last one's may stay.
  return <OneInstance key={id} id={id} />;
}

function OneInstance({ id }: { id: string }) {
  const { data, error } = useQuery({
    ...instanceQuery(id),
    refetchInterval: ({ state }) => (isMissing(state.error) ? false : REFRESH),
  });
  const problem = error === null ? null : Problem.from(error);
  if (isMissing(error)) return <Gone id={data?.id ?? id} name={data?.name ?? null} />;
  if (data !== undefined) return <Known key={data.id} instance={data} problem={problem} />;
  return (
    <Page title={id}>
      {problem === null ? (
        <SkeletonRows rows={8} label="The instance is being read" />
      ) : (
        <ProblemNote problem={problem} />
      )}
    </Page>
  );
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Problem && thrown.code === 'instance_not_found';
}

function Known({ instance, problem }: { instance: Instance; problem: Problem | null }) {
  // Calls outlive the tab they were made in.
  const calls = useCalls(instance.id);
  const { name, description } = instance;
  return (
    <Page
      title={name}
      note={
        description === null ? undefined : (
          <span title={description} className="line-clamp-2">
            {description}
          </span>
        )
      }
      actions={<Acts instance={instance} />}
    >
      {/* That the daemon is away is said at the foot of the window; what is known stays. */}
      {problem?.retryable === false && <ProblemNote problem={problem} />}
      <Head instance={instance} />
      <FailurePanel instance={instance} />
      <PlaceTabs
        label={`About ${name}`}
        tabs={[
          { value: 'overview', label: 'Overview', content: <OverviewTab instance={instance} /> },
          { value: 'connect', label: 'Connect', content: <ConnectTab instance={instance} /> },
          { value: 'tools', label: 'Tools', content: <ToolsTab instance={instance} calls={calls} /> },
          { value: 'events', label: 'Events', content: <EventsTab id={instance.id} /> },
          { value: 'logs', label: 'Logs', content: <LogTab id={instance.id} name={name} /> },
          { value: 'admission', label: 'Admission', content: <AdmissionTab instance={instance} /> },
        ]}
      />
    </Page>
  );
}
