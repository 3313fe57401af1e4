// How current the page is: the revision it shows, or since when nothing is heard any more.

import { Anchor, CircleDashed, Moon, Unplug } from 'lucide-react';
import { Age, clock } from '../design/age';
import { useLive, useRoster, useStreamState } from './context';
import type { StreamState } from './stream';

/** In the bar at the top: one line of a fixed width, so that nothing moves when it changes. */
export function StreamStatus() {
  const state = useStreamState();
  const { revision } = useRoster();
  return (
    <span
      className="flex min-w-24 items-center justify-end gap-1.5 whitespace-nowrap text-bar-muted sm:min-w-44"
      data-stream={state.kind}
    >
      <Icon state={state} />
      {state.kind === 'live' && (
        <span title="The page hears of every change. The revision is the number of the last one.">
          Live<span className="max-sm:sr-only">, revision</span>{' '}
          <b className="font-medium text-bar-ink">{revision ?? '…'}</b>
        </span>
      )}
      {state.kind === 'connecting' && <span>Connecting…</span>}
      {state.kind === 'resting' && <span>Resting</span>}
      {state.kind === 'down' && <span className="font-medium text-bar-signal">Not live</span>}
    </span>
  );
}

/** At the foot of the window, where it moves nothing, while nothing is heard: since when, why, what comes next. */
export function StreamAlert() {
  const state = useStreamState();
  const live = useLive();
  const { revision } = useRoster();
  if (state.kind !== 'down') return null;
  return (
    <div
      role="alert"
      className="fixed inset-x-0 bottom-0 z-40 flex items-center gap-x-3 border-warn border-t bg-warn-soft px-4 py-2 text-warn sm:px-6"
    >
      <Unplug size={16} aria-hidden />
      <span className="min-w-0 flex-1">
        <b className="font-semibold">No live changes since {clock(state.since)}</b> (
        <Age of={new Date(state.since).toISOString()} />
        ): {state.reason.replace(/\.$/, '')}. The page shows what was known then
        {revision === null ? '' : `, revision ${revision}`}; it connects again by itself and catches up.
      </span>
      <button
        type="button"
        className="font-semibold underline underline-offset-2"
        onClick={() => live.tryNow()}
      >
        Try now
      </button>
    </div>
  );
}

function Icon({ state }: { state: StreamState }) {
  const look = { size: 15, 'aria-hidden': true } as const;
  if (state.kind === 'live') return <Anchor {...look} className="text-[#5fd398]" />;
  if (state.kind === 'down') return <Unplug {...look} className="text-bar-signal" />;
  if (state.kind === 'resting') return <Moon {...look} />;
  return <CircleDashed {...look} />;
}
