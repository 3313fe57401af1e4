// The few facts that are wanted first: where it stands, who makes it, how old it is, and where it answers.

import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Instance } from '../api/types';
import { Age, Until } from '../design/age';
import { Copy } from '../design/copy';
import { Panel } from '../design/page';
import { StatusBadge } from '../design/status-badge';
import { HealthWord } from '../instances/health-word';

export function Head({ instance }: { instance: Instance }) {
  const { template, provisioner, endpoint } = instance;
  return (
    <Panel>
      <dl className="flex flex-wrap gap-x-8 gap-y-3 px-4 py-3">
        <Item name="Status" width="min-w-60 max-sm:basis-full">
          <StatusBadge status={instance.status} />
          {instance.next_attempt_at !== null && (
            <span className="ml-2 text-muted text-xs">
              {instance.attempt > 0 && `attempt ${instance.attempt}, `}next try in{' '}
              <Until to={instance.next_attempt_at} />
            </span>
          )}
        </Item>
        <Item name="Health" width="min-w-48">
          <HealthWord instance={instance} />
        </Item>
        <Item name="Template">
          <Link to="/templates" className="underline underline-offset-2">
            {template}
          </Link>
        </Item>
        <Item name="Provisioner">
          <Link to="/provisioners" className="underline underline-offset-2">
            {provisioner}
          </Link>
        </Item>
        <Item name="Age" width="min-w-14">
          <Age of={instance.created_at} />
        </Item>
        <Item name="Revision" width="min-w-14">
          {instance.revision}
        </Item>
        <Item name="Endpoint" width="basis-72 grow">
          {endpoint === null ? (
            <span className="text-muted">none while there is no workload</span>
          ) : (
            <span className="-my-1 flex items-center gap-1">
              <code className="min-w-0 break-all">{endpoint.url}</code>
              <Copy text={endpoint.url} what="endpoint" />
            </span>
          )}
        </Item>
      </dl>
    </Panel>
  );
}

/** `width` keeps what stands behind in its place when the word changes. */
function Item({ name, width = '', children }: { name: string; width?: string; children: ReactNode }) {
  return (
    <div className={`min-w-0 ${width}`}>
      <dt className="text-muted text-xs">{name}</dt>
      <dd className="flex min-h-6 items-center break-words">{children}</dd>
    </div>
  );
}
