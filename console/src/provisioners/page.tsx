// Provisioners: who makes workloads, and whether its backend answers.

import { useQuery } from '@tanstack/react-query';
import { CircleHelp, Container, Plug, Unplug } from 'lucide-react';
import { Problem } from '../api/problem';
import { provisionersQuery } from '../api/provisioners';
import { Badge } from '../design/badge';
import { EmptyState } from '../design/empty-state';
import { Page, Panel } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';
import { Cell, RowHead, Table } from '../design/table';

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
          <Table label="Provisioners" columns={['Name', 'Backend', 'Instances', 'Breaker']}>
            {provisioners.data.map((provisioner) => (
              <tr key={provisioner.name}>
                <RowHead>{provisioner.name}</RowHead>
                <Cell>
                  <Reach reachable={provisioner.reachable} />
                </Cell>
                <Cell>{provisioner.instances.toLocaleString()}</Cell>
                <Cell className="min-w-60">
                  {provisioner.breaker.state}
                  {provisioner.breaker.reason !== null && <>: {provisioner.breaker.reason}</>}
                </Cell>
              </tr>
            ))}
          </Table>
        </Panel>
      )}
    </Page>
  );
}

function Reach({ reachable }: { reachable: boolean | null }) {
  if (reachable === null) {
    return (
      <Badge tone="still" icon={CircleHelp}>
        not called yet
      </Badge>
    );
  }
  return (
    <Badge tone={reachable ? 'good' : 'bad'} icon={reachable ? Plug : Unplug}>
      {reachable ? 'reachable' : 'not reachable'}
    </Badge>
  );
}
