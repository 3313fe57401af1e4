// Provisioners: who makes workloads, and whether its backend answers.

import { useQuery } from '@tanstack/react-query';
import { Container } from 'lucide-react';
import { Problem } from '../api/problem';
import { provisionersQuery } from '../api/provisioners';
import { Badge } from '../design/badge';
import { EmptyState } from '../design/empty-state';
import { Page, Panel } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';

export function ProvisionersPage() {
  const provisioners = useQuery(provisionersQuery);
  return (
    <Page title="Provisioners" note="Who makes workloads.">
      {provisioners.error !== null && <ProblemNote problem={Problem.from(provisioners.error)} />}
      {provisioners.isPending && <SkeletonRows rows={2} label="Provisioners are being read" />}
      {provisioners.data?.length === 0 && (
        <EmptyState icon={Container} title="There are no provisioners">
          Add a table <code>[provisioners.NAME]</code> to the configuration: it takes effect without a
          restart.
        </EmptyState>
      )}
      {provisioners.data !== undefined && provisioners.data.length > 0 && (
        <Panel>
          <ul className="divide-y divide-line">
            {provisioners.data.map((provisioner) => (
              <li key={provisioner.name} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
                <span className="min-w-40 font-medium">{provisioner.name}</span>
                <Reach reachable={provisioner.reachable} />
                <span className="text-muted">
                  {provisioner.instances} instances, breaker {provisioner.breaker.state}
                </span>
                {provisioner.breaker.reason !== null && <span>{provisioner.breaker.reason}</span>}
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </Page>
  );
}

function Reach({ reachable }: { reachable: boolean | null }) {
  if (reachable === null) return <Badge tone="still">not called yet</Badge>;
  return <Badge tone={reachable ? 'good' : 'bad'}>{reachable ? 'reachable' : 'not reachable'}</Badge>;
}
