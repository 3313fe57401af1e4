// The lines themselves: only those in sight are in the page. It stays at the end while it follows, and says when a
// reader leaves the end or comes back to it.

import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useLayoutEffect, useRef } from 'react';
import { clock } from '../../design/age';
import { classes } from '../../design/classes';
import { spansOf } from './ansi';
import { cut, type Entry } from './lines';

/** Of a line that does not wrap. */
const ROW = 18;
/** So near to its end is at it. */
const NEAR = ROW;

export function LogView({
  label,
  entries,
  sought,
  wrap,
  follows,
  onHold,
  onFollow,
  empty,
}: {
  label: string;
  entries: readonly Entry[];
  sought: string;
  wrap: boolean;
  follows: boolean;
  onHold: () => void;
  onFollow: () => void;
  empty: string;
}) {
  const box = useRef<HTMLElement>(null);
  const lastTop = useRef(0);
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    getItemKey: (index) => entries[index]?.key ?? index,
    overscan: 20,
  });
  const height = rows.getTotalSize();
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever it grows, its end is elsewhere.
  useLayoutEffect(() => {
    const { current } = box;
    if (!follows || current === null) return;
    current.scrollTop = current.scrollHeight;
    lastTop.current = current.scrollTop;
  }, [follows, height, entries]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: lines that wrap have other heights.
  useLayoutEffect(() => rows.measure(), [wrap]);
  return (
    <section
      ref={box}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        const isAtEnd = scrollHeight - clientHeight - scrollTop <= NEAR;
        // Only a reader moves upwards; what grows below moves nothing.
        if (follows && !isAtEnd && scrollTop < lastTop.current) onHold();
        if (!follows && isAtEnd && scrollTop > lastTop.current) onFollow();
        lastTop.current = scrollTop;
      }}
      className="h-[clamp(16rem,calc(100dvh-27rem),64rem)] overflow-auto overscroll-contain bg-sunken font-mono text-xs -outline-offset-2 [overflow-anchor:none]"
    >
      {entries.length === 0 && <p className="px-4 py-3 font-sans text-muted">{empty}</p>}
      <div style={{ height }} className="relative">
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const entry = entries[index];
          if (entry === undefined) return null;
          return (
            <div
              key={key}
              ref={rows.measureElement}
              data-index={index}
              style={{ transform: `translateY(${start}px)` }}
              className={classes('absolute top-0 left-0 px-4', wrap ? 'w-full' : 'w-max min-w-full')}
            >
              <Row entry={entry} sought={sought} wrap={wrap} />
            </div>
          );
        })}
      </div>
    </section>
  );
}

const Row = memo(function Row({ entry, sought, wrap }: { entry: Entry; sought: string; wrap: boolean }) {
  if (entry.kind !== 'line') {
    return (
      <p className="my-1 border-line-strong border-y border-dashed py-0.5 font-sans text-muted">
        {entry.kind === 'interrupted' ? interrupted(entry.message) : speaker(entry.workload)}
      </p>
    );
  }
  const { at, source, text } = entry.line;
  return (
    <div className="flex min-h-[18px] gap-3 leading-[18px]">
      {at !== null && (
        <time dateTime={at} className="shrink-0 text-muted max-sm:hidden">
          {clock(Date.parse(at))}
        </time>
      )}
      <span className="w-[10ch] shrink-0 truncate text-muted max-sm:hidden" title={source}>
        {source}
      </span>
      <span className={wrap ? 'min-w-0 whitespace-pre-wrap break-all' : 'whitespace-pre'}>
        {spansOf(text).map((span, place) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: a line never changes.
            key={place}
            className={classes(span.colour !== null && COLOURS[span.colour], span.bold && 'font-semibold')}
          >
            {cut(span.text, sought).map((piece, at) =>
              at % 2 === 0 ? (
                piece
              ) : (
                // biome-ignore lint/suspicious/noArrayIndexKey: a line never changes.
                <mark key={at} className="bg-signal text-surface">
                  {piece}
                </mark>
              ),
            )}
          </span>
        ))}
      </span>
    </div>
  );
});

const COLOURS: Record<string, string> = {
  muted: 'text-muted',
  bad: 'text-bad',
  good: 'text-good',
  warn: 'text-warn',
  busy: 'text-busy',
  signal: 'text-signal',
};

function speaker({ name, creation, source, exit_code: exit }: WorkloadOf): string {
  if (creation === 0) return 'No workload was made yet';
  const who = `Workload ${creation}${name === null ? '' : `, ${name}`}`;
  if (source === 'live') return who;
  return `${who}: it has ended${exit === null ? '' : ` with exit code ${exit}`}, and its last lines were kept`;
}

type WorkloadOf = Extract<Entry, { kind: 'workload' }>['workload'];

function interrupted(message: string): string {
  return `The provisioner does not answer for now: ${message}. It is asked again by itself`;
}
