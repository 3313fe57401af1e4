// An instance that is not there: deleted, with its history and its last output, or never heard of.

import { useQuery } from '@tanstack/react-query';
import { MapPinOff, Trash2 } from 'lucide-react';
import { eventsQuery } from '../api/instances';
import { Age } from '../design/age';
import { ButtonLink } from '../design/button';
import { EmptyState } from '../design/empty-state';
import { Page } from '../design/page';
import { SkeletonRows } from '../design/skeleton';
import { StatusBadge } from '../design/status-badge';
import { EventsTab } from './events';
import { LogTab } from './log/tab';
import { PlaceTabs } from './place-tabs';

export function Gone({ id, name }: { id: string; name: string | null }) {
  const events = useQuery(eventsQuery(id));
  const last = events.data?.at(-1);
  const known = last?.instance?.name ?? name;
  if (events.isPending) {
    return (
      <Page title={known ?? id}>
        <SkeletonRows rows={6} label="What is left of the instance is being read" />
      </Page>
    );
  }
  if (known === null) return <Unknown id={id} />;
  return (
    <Page
      title={known}
      note={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1 pt-1">
          <StatusBadge status="gone" />
          <span>
            It was deleted
            {last !== undefined && (
              <>
                {' '}
                <Age of={last.at} /> ago
              </>
            )}
            . Its events stay for a while, and its last output for about a day, at this address.
          </span>
        </span>
      }
      actions={
        <>
          <ButtonLink to="/">Go to the instances</ButtonLink>
          <ButtonLink to="/create" look="main">
            Create instance
          </ButtonLink>
        </>
      }
    >
      <PlaceTabs
        label={`About ${known}`}
        tabs={[
          { value: 'events', label: 'Events', content: <EventsTab id={id} /> },
          { value: 'logs', label: 'Logs', content: <LogTab id={id} name={known} /> },
        ]}
      />
    </Page>
  );
}

function Unknown({ id }: { id: string }) {
  return (
    <Page title="No such instance">
      <EmptyState
        icon={/^[0-9a-f-]{36}$/i.test(id) ? Trash2 : MapPinOff}
        title={`There is no instance “${id}”`}
        action={<ButtonLink to="/">Go to the instances</ButtonLink>}
      >
        It may have been deleted a while ago, or have another name. What is left of a deleted instance is
        found by its id, not by its name.
      </EmptyState>
    </Page>
  );
}
