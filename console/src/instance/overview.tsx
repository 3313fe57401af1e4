// Everything the record says: conditions, workload, labels, environment.

import { CircleDashed } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Condition, Instance } from '../api/types';
import { Age, moment } from '../design/age';
import { ConditionBadge } from '../design/condition-badge';
import { Copy } from '../design/copy';
import { Fact, Facts, Panel } from '../design/page';
import { conditionWords } from './words';

export function OverviewTab({ instance }: { instance: Instance }) {
  return (
    <div className="grid grid-cols-1 items-start gap-4 wide:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <Conditions conditions={instance.conditions} />
      <div className="grid grid-cols-1 gap-4">
        <WorkloadPanel instance={instance} />
        <EnvironmentPanel instance={instance} />
        <RecordPanel instance={instance} />
      </div>
    </div>
  );
}

function Conditions({ conditions }: { conditions: readonly Condition[] }) {
  return (
    <Panel
      title="Conditions"
      actions={
        <a href="/docs/errors" className="text-muted text-xs underline underline-offset-2">
          What reasons mean
        </a>
      }
    >
      {conditions.length === 0 && (
        <Nothing>
          <CircleDashed size={15} aria-hidden className="mr-1.5 inline align-[-2px]" />
          None yet: nobody could look at a workload so far. They appear here by themselves.
        </Nothing>
      )}
      <ul className="divide-y divide-line">
        {conditions.map((condition) => (
          <ConditionRow key={condition.type} condition={condition} />
        ))}
      </ul>
    </Panel>
  );
}

function ConditionRow({ condition }: { condition: Condition }) {
  const { type, reason, message, since, latency_us: took } = condition;
  return (
    <li className="grid grid-cols-[1fr_auto] gap-x-4 px-4 py-2.5">
      <p className="font-medium">{conditionWords(type) ?? type}</p>
      <div className="text-right">
        <ConditionBadge condition={condition} />
      </div>
      <p className="min-w-0 break-words">{message}</p>
      <p className="whitespace-nowrap text-right text-muted">
        for <Age of={since} />
      </p>
      <p className="col-span-2 text-muted text-xs">
        {type} · {reason}
        {took !== null && ` · took ${milliseconds(took)}`}
      </p>
    </li>
  );
}

function WorkloadPanel({ instance }: { instance: Instance }) {
  const { workload, endpoint } = instance;
  return (
    <Panel title="Workload">
      {workload === null && <Nothing>There is none now. Its facts appear here when it is made.</Nothing>}
      {workload !== null && (
        <Facts>
          <Fact name="Name">
            <code className="break-all text-xs">{workload.name}</code>
          </Fact>
          <Fact name="Id">
            <code className="break-all text-xs">{workload.id}</code>
          </Fact>
          {workload.port !== null && <Fact name="Port">{workload.port}</Fact>}
          {endpoint !== null && <Fact name="Transport">{endpoint.transport}</Fact>}
          {Object.entries(workload.details).map(([name, value]) => (
            <Fact key={name} name={name}>
              {value}
            </Fact>
          ))}
          <Fact name="Last looked at">
            {instance.observed_at === null ? (
              'not since the daemon started'
            ) : (
              <>
                <Age of={instance.observed_at} /> ago
              </>
            )}
          </Fact>
        </Facts>
      )}
    </Panel>
  );
}

function EnvironmentPanel({ instance }: { instance: Instance }) {
  const variables = Object.entries(instance.environment);
  return (
    <Panel title="Environment">
      {variables.length === 0 && instance.secrets.length === 0 && (
        <Nothing>It is given no variables.</Nothing>
      )}
      {(variables.length > 0 || instance.secrets.length > 0) && (
        <Facts>
          {variables.map(([name, value]) => (
            <Fact key={name} name={name}>
              {value === '' ? <span className="text-muted">empty</span> : <code>{value}</code>}
            </Fact>
          ))}
          {instance.secrets.map((name) => (
            <Fact key={name} name={name}>
              <span className="text-muted">secret, never shown again</span>
            </Fact>
          ))}
        </Facts>
      )}
    </Panel>
  );
}

function RecordPanel({ instance }: { instance: Instance }) {
  const labels = Object.entries(instance.labels);
  return (
    <Panel title="Record">
      <Facts>
        {instance.description !== null && <Fact name="Description">{instance.description}</Fact>}
        <Fact name="Labels">
          {labels.length === 0 ? (
            <span className="text-muted">none</span>
          ) : (
            <ul className="flex flex-wrap gap-1.5">
              {labels.map(([key, value]) => (
                <li key={key} className="max-w-full break-all rounded-sm bg-sunken px-2 py-0.5">
                  {key}={value}
                </li>
              ))}
            </ul>
          )}
        </Fact>
        <Fact name="Id">
          <span className="-my-1 flex items-center gap-1">
            <code className="min-w-0 break-all text-xs">{instance.id}</code>
            <Copy text={instance.id} what="id" />
          </span>
        </Fact>
        <Fact name="Created">{moment(instance.created_at)}</Fact>
        <Fact name="Last changed">{moment(instance.updated_at)}</Fact>
      </Facts>
    </Panel>
  );
}

function Nothing({ children }: { children: ReactNode }) {
  return <p className="px-4 py-3 text-muted">{children}</p>;
}

function milliseconds(microseconds: number): string {
  return `${(microseconds / 1_000).toLocaleString(undefined, { maximumFractionDigits: 1 })} ms`;
}
