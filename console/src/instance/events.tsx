// The history of an instance as a timeline, newest first. It grows by itself.

import { useQuery } from '@tanstack/react-query';
import { ArrowRight, History } from 'lucide-react';
import { useState } from 'react';
import { eventsQuery } from '../api/instances';
import { Problem } from '../api/problem';
import type { InstanceEvent } from '../api/types';
import { Age, moment } from '../design/age';
import { TONE_TEXT } from '../design/badge';
import { Button } from '../design/button';
import { classes } from '../design/classes';
import { EmptyState } from '../design/empty-state';
import { Panel } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';
import { STATUS_LOOK, StatusBadge } from '../design/status-badge';
import { eventWords } from './words';

/** More are shown when they are asked for. */
const AT_FIRST = 100;

export function EventsTab({ id }: { id: string }) {
  const { data, error, isPending } = useQuery(eventsQuery(id));
  const [shown, setShown] = useState(AT_FIRST);
  if (isPending) return <SkeletonRows rows={6} label="Events are being read" />;
  if (data === undefined) return <ProblemNote problem={Problem.from(error)} />;
  if (data.length === 0) {
    return (
      <EmptyState icon={History} title="No events are kept">
        Older events are removed after a while. What happens next appears here by itself.
      </EmptyState>
    );
  }
  const newest = data.slice(-shown).reverse();
  return (
    <div className="grid grid-cols-1 gap-4">
      <Panel>
        <ol aria-label="Events, newest first" className="px-4 py-4">
          {newest.map((event, place) => (
            <EventItem key={event.revision} event={event} isLast={place === newest.length - 1} />
          ))}
        </ol>
      </Panel>
      {data.length > shown && (
        <Button className="justify-self-center" onClick={() => setShown(shown + 5 * AT_FIRST)}>
          Show older events ({(data.length - shown).toLocaleString()})
        </Button>
      )}
    </div>
  );
}

function EventItem({ event, isLast }: { event: InstanceEvent; isLast: boolean }) {
  const { at, type, from, to, reason, message, revision } = event;
  // What changes no status has no colour of one: "connection refused" is not good because it was running.
  const look = to === null || to === from ? null : STATUS_LOOK[to];
  const Icon = look?.icon ?? History;
  return (
    <li className="grid grid-cols-[1.25rem_1fr] gap-x-3">
      <span aria-hidden className="flex flex-col items-center">
        <Icon
          size={17}
          className={classes('mt-0.5 shrink-0', look === null ? 'text-muted' : TONE_TEXT[look.tone])}
        />
        {!isLast && <span className="my-1 w-px flex-1 bg-line" />}
      </span>
      <div className={classes('min-w-0', !isLast && 'pb-4')}>
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="font-medium">{eventWords(type)}</span>
          {to !== null && from !== to && (
            <span className="flex items-center gap-1.5">
              {from !== null && (
                <>
                  <span className="text-muted">{from}</span>
                  <ArrowRight size={14} role="img" aria-label="to" className="text-muted" />
                </>
              )}
              <StatusBadge status={to} />
            </span>
          )}
        </div>
        {message !== null && <p className="break-words">{message}</p>}
        <p className="text-muted text-xs">
          <Age of={at} /> ago · {moment(at)} · {type}
          {reason !== null && ` · ${reason}`} · revision {revision}
        </p>
      </div>
    </li>
  );
}
