// Times for people: how long ago, ticking, with the moment itself in the title.

import { useSyncExternalStore } from 'react';

const STEPS: [unit: string, seconds: number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
];

/** One clock for the whole page, so that all ages tick together and a hidden page not at all. */
const ticker = {
  now: Date.now(),
  listeners: new Set<() => void>(),
  timer: undefined as ReturnType<typeof setInterval> | undefined,
  subscribe(listener: () => void) {
    ticker.listeners.add(listener);
    if (ticker.timer === undefined) {
      ticker.now = Date.now();
      ticker.timer = setInterval(() => {
        if (document.hidden) return;
        ticker.now = Date.now();
        for (const each of ticker.listeners) each();
      }, 1_000);
    }
    return () => {
      ticker.listeners.delete(listener);
      if (ticker.listeners.size > 0) return;
      clearInterval(ticker.timer);
      ticker.timer = undefined;
    };
  },
};

/** `3 min`: the largest unit that fits, rounded down. A clock that is ahead of the daemon's shows `0 s`. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const [unit, size] = STEPS.find(([, size]) => seconds >= size) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** The moment, in this browser's words and zone. */
export function moment(time: string): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** The time of day. */
export function clock(time: number): string {
  return new Date(time).toLocaleTimeString();
}

function useSpan(from: (now: number) => number): string {
  // What is compared is the text: a component is drawn again when that changes, not every second.
  return useSyncExternalStore(ticker.subscribe, () => span(from(ticker.now)));
}

/** How long ago `of` was. */
export function Age({ of, className }: { of: string; className?: string }) {
  const text = useSpan((now) => now - Date.parse(of));
  return (
    <time dateTime={of} title={moment(of)} className={className}>
      {text}
    </time>
  );
}

/** How long it is until `to`. */
export function Until({ to, className }: { to: string; className?: string }) {
  const text = useSpan((now) => Date.parse(to) - now);
  return (
    <time dateTime={to} title={moment(to)} className={className}>
      {text}
    </time>
  );
}
