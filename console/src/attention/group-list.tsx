// One group of what needs attention: its first few items, and the way to the others.

import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Problem } from '../api/problem';
import { Age } from '../design/age';
import { Button } from '../design/button';
import { ProblemNote } from '../design/problem-note';
import { HelpButton } from './help-button';
import { GROUPS, type Group, type Item } from './items';

const AT_FIRST = 5;

export function GroupList({
  group: { kind, items },
  problems,
  onSettled,
}: {
  group: Group;
  /** Why an item's button did not go well, by its key. */
  problems: ReadonlyMap<string, Problem>;
  onSettled: (item: Item, problem: Problem | null) => void;
}) {
  const [all, setAll] = useState(false);
  const shown = all ? items : items.slice(0, AT_FIRST);
  const more = items.length - shown.length;
  return (
    <section aria-label={GROUPS[kind]} className="border-line border-b last:border-b-0">
      <h2 className="px-4 pt-3 font-medium text-muted text-xs">
        {GROUPS[kind]} ({items.length.toLocaleString()})
      </h2>
      <ul>
        {shown.map((item) => (
          <ItemRow
            key={item.key}
            item={item}
            problem={problems.get(item.key) ?? null}
            onSettled={(problem) => onSettled(item, problem)}
          />
        ))}
      </ul>
      {more > 0 && (
        <p className="px-4 pb-3">
          {kind === 'failed' || kind === 'unhealthy' ? (
            <Link to="/" search={{ status: [kind] }} className="underline underline-offset-2">
              {more.toLocaleString()} more {kind}: list them all
            </Link>
          ) : (
            <Button look="quiet" className="-ml-3" onClick={() => setAll(true)}>
              Show {more.toLocaleString()} more
            </Button>
          )}
        </p>
      )}
    </section>
  );
}

function ItemRow({
  item,
  problem,
  onSettled,
}: {
  item: Item;
  problem: Problem | null;
  onSettled: (problem: Problem | null) => void;
}) {
  return (
    <li className="flex flex-wrap items-start gap-x-6 gap-y-2 px-4 py-2.5">
      <div className="min-w-0 flex-1 basis-80 break-words">
        <p>
          {item.instance === null ? (
            <b className="font-medium">{item.what}</b>
          ) : (
            <Link
              to="/instances/$id"
              params={{ id: item.instance }}
              className="font-medium underline-offset-2 hover:underline"
            >
              {item.what}
            </Link>
          )}{' '}
          {item.wrong}
          {item.since !== null && (
            <span className="text-muted">
              , for <Age of={item.since} />
            </span>
          )}
        </p>
        <p className="line-clamp-6 max-w-[110ch] whitespace-pre-line text-muted">{item.reason}</p>
        {problem !== null && <ProblemNote problem={problem} className="mt-2 max-w-prose" />}
      </div>
      <HelpButton item={item} onSettled={onSettled} />
    </li>
  );
}
