// Provisioners: who makes workloads, whether its backend answers, and what is held back while it does not.

import { useQuery } from '@tanstack/react-query';
import { Container } from 'lucide-react';
import { provisionersQuery } from '../api/provisioners';
import { problemOf } from '../api/reading';
import { EmptyState } from '../design/empty-state';
import { Page } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';
import { ProvisionerPanel } from './provisioner-panel';

export function ProvisionersPage() {
  const provisioners = useQuery(provisionersQuery);
  const problem = problemOf(provisioners);
  return (
    <Page title="Provisioners" note="Who makes, inspects and destroys workloads.">
      {problem !== null && <ProblemNote problem={problem} />}
      {provisioners.isPending && <SkeletonRows rows={6} label="Provisioners are being read" />}
      {provisioners.data?.length === 0 && (
        <EmptyState icon={Container} title="There are no provisioners">
          Add a table <code>[provisioners.NAME]</code> to the configuration: it takes effect without a
          restart.
        </EmptyState>
      )}
      <ul className="grid items-start gap-3 wide:grid-cols-2">
        {provisioners.data?.map((provisioner) => (
          <li key={provisioner.name}>
            <ProvisionerPanel provisioner={provisioner} />
          </li>
        ))}
      </ul>
    </Page>
  );
}
