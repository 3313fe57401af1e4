// What needs attention, on top of the instances: one line of a fixed height that names the first thing and has its
// button, so that nothing below moves when something happens. All of it is shown when it is asked for.

import { ChevronDown, CircleCheck, CircleDashed, TriangleAlert } from 'lucide-react';
import { useId, useState } from 'react';
import type { Problem } from '../api/problem';
import { Button } from '../design/button';
import { classes } from '../design/classes';
import { useAttention } from './attention';
import { GroupList } from './group-list';
import { HelpButton } from './help-button';
import { foremost, type Item } from './items';

/** For as long as the console is open: who wants to see it all, wants that on coming back, too. */
let opened = false;

export function AttentionPanel() {
  const { groups, count, settled, blind } = useAttention();
  const [open, setOpen] = useState(opened);
  const [problems, setProblems] = useState<ReadonlyMap<string, Problem>>(new Map());
  /** What a dialog is open for: it stays named, whatever comes or goes meanwhile. */
  const [asked, setAsked] = useState<Item | null>(null);
  const listId = useId();
  const show = (next: boolean) => {
    opened = next;
    setOpen(next);
  };
  const settle = (item: Item, problem: Problem | null) => {
    setProblems((known) => {
      const next = new Map(known);
      if (problem === null) next.delete(item.key);
      else next.set(item.key, problem);
      return next;
    });
    // Why it did not go well is said in the list.
    if (problem !== null) show(true);
  };
  const first = asked ?? foremost(groups);
  const some = count > 0;
  const sure = settled && !blind;
  const Quiet = sure ? CircleCheck : CircleDashed;
  return (
    <section
      aria-label="Needs attention"
      className={classes('rounded-md border', some ? 'border-warn/60 bg-surface' : 'border-line')}
    >
      <div className="flex h-12 items-center gap-3 px-4">
        {some ? (
          <TriangleAlert size={17} aria-hidden className="shrink-0 text-warn" />
        ) : (
          <Quiet size={17} aria-hidden className={classes('shrink-0', sure ? 'text-good' : 'text-muted')} />
        )}
        <p
          role="status"
          className={classes('min-w-0 truncate', some ? 'shrink-0 font-semibold' : 'text-muted')}
        >
          {line(count, settled, blind)}
        </p>
        {(!open || asked !== null) && first !== null && (
          <div className="hidden min-w-0 flex-1 items-center gap-3 md:flex">
            <p className="min-w-0 flex-1 truncate text-muted">
              <b className="font-medium text-ink">{first.what}</b> {first.wrong}: {first.reason}
            </p>
            <HelpButton
              key={first.key}
              item={first}
              onSettled={(problem) => settle(first, problem)}
              onAsking={(asking) => setAsked(asking ? first : null)}
            />
          </div>
        )}
        {some && (
          <Button
            look="quiet"
            className="-mr-2 ml-auto"
            aria-expanded={open}
            aria-controls={listId}
            onClick={() => show(!open)}
          >
            {open ? 'Hide' : count === 1 ? 'Show it' : `Show all ${count.toLocaleString()}`}
            <ChevronDown
              size={15}
              aria-hidden
              className={classes('transition-transform', open && 'rotate-180')}
            />
          </Button>
        )}
      </div>
      <div id={listId}>
        {some && open && (
          <div className="border-line border-t">
            {groups.map((group) => (
              <GroupList key={group.kind} group={group} problems={problems} onSettled={settle} />
            ))}
          </div>
        )}
      </div>
    </section>
  );
}

function line(count: number, settled: boolean, blind: boolean): string {
  if (count > 0) return count === 1 ? '1 needs attention' : `${count.toLocaleString()} need attention`;
  if (!settled) return 'Looking for what needs attention…';
  if (blind) return 'Nothing is known to need attention, but not everything could be read.';
  return 'Nothing needs attention.';
}
