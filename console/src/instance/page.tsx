// One instance: where it stands, and its deletion.

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { deleteInstance, instanceQuery, useInstanceAct } from '../api/instances';
import { Problem } from '../api/problem';
import type { Condition, Instance } from '../api/types';
import { Age } from '../design/age';
import { Button, ButtonLink } from '../design/button';
import { ConditionBadge } from '../design/condition-badge';
import { Copy } from '../design/copy';
import { ConfirmDialog } from '../design/dialog';
import { Fact, Facts, Page, Panel } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';
import { StatusBadge } from '../design/status-badge';

export function InstancePage() {
  const { id } = useParams({ from: '/instances/$id' });
  const instance = useQuery(instanceQuery(id));
  if (instance.data === undefined) {
    return (
      <Page title={id}>
        {instance.error === null ? (
          <SkeletonRows rows={6} label="The instance is being read" />
        ) : (
          <ProblemNote problem={Problem.from(instance.error)}>
            <ButtonLink to="/" className="mt-2">
              Go to the instances
            </ButtonLink>
          </ProblemNote>
        )}
      </Page>
    );
  }
  return <Known instance={instance.data} problem={instance.error && Problem.from(instance.error)} />;
}

function Known({ instance, problem }: { instance: Instance; problem: Problem | null }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const remove = useInstanceAct(deleteInstance);
  const gone = problem?.code === 'instance_not_found';
  return (
    <Page
      title={instance.name}
      note={instance.description ?? undefined}
      actions={
        <Button
          look="danger"
          disabled={gone || instance.status === 'deleting'}
          onClick={() => setAsking(true)}
        >
          <Trash2 size={15} aria-hidden />
          Delete
        </Button>
      }
    >
      {problem !== null && <ProblemNote problem={problem} />}
      <Panel title="Status" actions={<StatusBadge status={gone ? 'gone' : instance.status} />}>
        <Facts>
          <Fact name="Endpoint">
            {instance.endpoint === null ? (
              <span className="text-muted">none while there is no workload</span>
            ) : (
              <span className="flex items-center gap-1">
                <code className="min-w-0 break-all">{instance.endpoint.url}</code>
                <Copy text={instance.endpoint.url} what="endpoint" />
              </span>
            )}
          </Fact>
          <Fact name="Template">{instance.template}</Fact>
          <Fact name="Provisioner">{instance.provisioner}</Fact>
          <Fact name="Age">
            <Age of={instance.created_at} />
          </Fact>
          {instance.error !== null && (
            <Fact name="Error">
              <p className="text-bad">{instance.error.message}</p>
              <p>{instance.error.remedy}</p>
            </Fact>
          )}
        </Facts>
      </Panel>
      <Panel title="Conditions">
        {instance.conditions.length === 0 && (
          <p className="px-4 py-3 text-muted">
            None yet: nobody could look at a workload so far. They appear here by themselves.
          </p>
        )}
        <ul className="divide-y divide-line">
          {instance.conditions.map((condition) => (
            <ConditionRow key={condition.type} condition={condition} />
          ))}
        </ul>
      </Panel>
      {asking && (
        <ConfirmDialog
          title={`Delete ${instance.name}?`}
          act={`Delete ${instance.name}`}
          busy={remove.isPending}
          problem={remove.error && Problem.from(remove.error)}
          onClose={() => setAsking(false)}
          onConfirm={() => remove.mutate(instance.id, { onSuccess: () => void navigate({ to: '/' }) })}
        >
          <p>Its workload is destroyed and its endpoint stops answering. This cannot be undone.</p>
        </ConfirmDialog>
      )}
    </Page>
  );
}

function ConditionRow({ condition }: { condition: Condition }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2">
      <span className="min-w-40 font-medium">{condition.type}</span>
      <ConditionBadge condition={condition} />
      <span className="min-w-0 flex-1 basis-60 break-words">{condition.message}</span>
      <span className="text-muted">
        since <Age of={condition.since} /> ago
      </span>
    </li>
  );
}
