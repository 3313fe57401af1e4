// The log of an instance, as it comes. At its end it follows; who scrolls up, or pauses, reads in peace, and what
// came meanwhile is counted.

import { Pause, Play, Search, WrapText } from 'lucide-react';
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { Button } from '../../design/button';
import { classes } from '../../design/classes';
import { TextInput } from '../../design/field';
import { Panel } from '../../design/page';
import { ProblemNote } from '../../design/problem-note';
import { type Followed, type FollowState, isOver, LogFollower } from './follower';
import { type Lines, linesIn, matching, TAIL } from './lines';
import { LogView } from './view';

/** As for the stream of events. */
const REST_AFTER = 30_000;

export function LogTab({ id, name }: { id: string; name: string }) {
  const { followed, again } = useFollowed(id);
  /** What is shown while nobody follows; null: the newest. */
  const [held, setHeld] = useState<Lines | null>(null);
  const [wrap, setWrap] = useState(true);
  const [sought, setSought] = useState('');
  const newest = useRef(followed.lines);
  newest.current = followed.lines;
  const lines = held ?? followed.lines;
  const shown = useMemo(() => matching(lines.entries, sought), [lines, sought]);
  const count = useMemo(() => linesIn(lines.entries), [lines]);
  const since = held === null ? 0 : followed.lines.came - held.came;
  const { state } = followed;
  return (
    <Panel>
      <div className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-2">
        <div className="relative w-full sm:max-w-xs sm:flex-1">
          <Search
            size={15}
            aria-hidden
            className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-muted"
          />
          <TextInput
            type="search"
            aria-label="Search in the log"
            placeholder="Search"
            value={sought}
            onChange={(event) => setSought(event.target.value)}
            className="pl-8"
          />
        </div>
        <Button aria-pressed={wrap} onClick={() => setWrap(!wrap)} className="aria-pressed:bg-sunken">
          <WrapText size={15} aria-hidden />
          Wrap
        </Button>
        <Button
          className="min-w-28"
          disabled={held === null && isOver(state)}
          onClick={() => setHeld(held === null ? followed.lines : null)}
        >
          {held === null ? <Pause size={15} aria-hidden /> : <Play size={15} aria-hidden />}
          {held === null ? 'Pause' : 'Follow'}
        </Button>
        <p role="status" className="ml-auto min-w-36 text-right text-muted text-xs">
          {sought === ''
            ? `${count.toLocaleString()} lines`
            : `${shown.length.toLocaleString()} of ${count.toLocaleString()} lines match`}
          {since > 0 && `, ${since.toLocaleString()} new`}
        </p>
      </div>
      <LogView
        label={`Log of ${name}`}
        entries={shown}
        sought={sought}
        wrap={wrap}
        follows={held === null}
        onHold={() => setHeld((before) => before ?? newest.current)}
        onFollow={() => setHeld(null)}
        empty={emptiness(state, sought, lines)}
      />
      <div className="flex min-h-10 flex-wrap items-center gap-x-4 gap-y-1 border-line border-t px-4 py-2 text-xs">
        <StateLine state={state} isHeld={held !== null} />
        <p className="text-muted sm:ml-auto">{bounds(lines)}</p>
      </div>
      {state.kind === 'refused' && (
        <ProblemNote problem={state.problem} className="m-4 mt-0">
          <Button className="mt-2" onClick={again}>
            Try again
          </Button>
        </ProblemNote>
      )}
    </Panel>
  );
}

function useFollowed(id: string): { followed: Followed; again: () => void } {
  const [follower] = useState(() => new LogFollower(id));
  useEffect(() => {
    void follower.start();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      clearTimeout(timer);
      if (document.hidden) timer = setTimeout(() => follower.rest(), REST_AFTER);
      else follower.wake();
    };
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      clearTimeout(timer);
      follower.stop();
    };
  }, [follower]);
  const followed = useSyncExternalStore(follower.subscribe, () => follower.followed);
  return { followed, again: () => void follower.start() };
}

function StateLine({ state, isHeld }: { state: FollowState; isHeld: boolean }) {
  const [good, text] = words(state);
  return (
    <p role="status" className="flex min-w-0 items-center gap-2">
      <span
        aria-hidden
        className={classes('size-2 shrink-0 rounded-full', good ? 'bg-good' : 'border-2 border-line-strong')}
      />
      <span className="min-w-0 break-words">
        {text}
        {isHeld && ' The view is held: Follow goes to the newest line.'}
      </span>
    </p>
  );
}

function words(state: FollowState): [good: boolean, text: string] {
  switch (state.kind) {
    case 'connecting':
      return [false, 'The log is being read.'];
    case 'following':
      return [true, 'New lines appear by themselves.'];
    case 'resting':
      return [false, 'Nobody looked for a while: the log is read anew.'];
    case 'lost':
      return [false, `Not following: ${state.reason}. It is tried again by itself.`];
    case 'refused':
      return [false, 'The log cannot be read.'];
    case 'ended':
      return state.reason === 'gone'
        ? [false, 'The instance is deleted: this is its last output, kept for about a day.']
        : [false, `Nothing more comes: ${state.message}. ${state.remedy}`];
  }
}

function emptiness(state: FollowState, sought: string, lines: Lines): string {
  if (lines.entries.length > 0 && sought !== '') return 'No line holds that text.';
  if (state.kind === 'connecting') return 'The log is being read.';
  if (state.kind === 'following')
    return 'It has written nothing so far. What it writes appears here by itself.';
  return 'There are no lines to show.';
}

function bounds({ dropped, tail }: Lines): string {
  if (dropped > 0) return `The oldest ${dropped.toLocaleString()} lines were left out of this page.`;
  return tail >= TAIL ? `Older output than the newest ${TAIL.toLocaleString()} lines was not read.` : '';
}
