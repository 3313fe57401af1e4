// The instances: what narrows them, the table, what is done with many, and what to do when there are none.

import { useNavigate, useSearch } from '@tanstack/react-router';
import { Plus, SearchX, Ship } from 'lucide-react';
import { useMemo } from 'react';
import { problemOf } from '../api/reading';
import { AttentionPanel } from '../attention/attention-panel';
import { Button, ButtonLink } from '../design/button';
import { EmptyState } from '../design/empty-state';
import { Page } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';
import { useLive, useRoster, useRosterProblem } from '../live/context';
import { cleared, type Filter, narrows, replaced, select } from './filter';
import { FilterBar } from './filter-bar';
import { JobsPanel } from './jobs-panel';
import { SelectedBar } from './selected-bar';
import { useSelection } from './selection';
import { InstancesTable } from './table';

export function InstancesPage() {
  const filter = useSearch({ from: '/' });
  const navigate = useNavigate({ from: '/' });
  const { keeper } = useLive();
  const { records, complete } = useRoster();
  const problem = problemOf({ data: records.size > 0 ? records : undefined, error: useRosterProblem() });
  const { selection, pick, selectAll, clear } = useSelection();
  const all = useMemo(() => [...records.values()], [records]);
  const shown = useMemo(() => select(filter, all), [filter, all]);
  // Only what is shown is acted on: nobody deletes what a filter hides.
  const selected = useMemo(() => shown.filter(({ id }) => selection.ids.has(id)), [shown, selection]);
  const setFilter = (change: (now: Filter) => Filter) =>
    navigate({ search: change, replace: true, resetScroll: false });

  return (
    <Page
      title="Instances"
      note={count(shown.length, all.length, complete)}
      actions={
        <ButtonLink look="main" to="/create">
          <Plus size={16} aria-hidden />
          Create instance
        </ButtonLink>
      }
    >
      {problem !== null && (
        <ProblemNote problem={problem}>
          <Button className="mt-2" onClick={() => keeper.readAll()}>
            Read again
          </Button>
        </ProblemNote>
      )}
      <AttentionPanel />
      <JobsPanel />
      <FilterBar filter={filter} instances={all} onChange={setFilter} />
      {shown.length > 0 && (
        <InstancesTable
          instances={shown}
          selected={selection.ids}
          oldestFirst={filter.order === 'oldest'}
          onPick={pick}
          onSelectAll={selectAll}
          onOrder={() =>
            void setFilter((now) => replaced(now, 'order', now.order === 'oldest' ? undefined : 'oldest'))
          }
        />
      )}
      {shown.length === 0 && !complete && problem === null && (
        <SkeletonRows rows={10} label="Instances are being read" />
      )}
      {shown.length === 0 && complete && narrows(filter) && (
        <EmptyState
          icon={SearchX}
          title="No instance matches these filters"
          action={<Button onClick={() => void setFilter(cleared)}>Clear filters</Button>}
        >
          There {all.length === 1 ? 'is one instance' : `are ${all.length.toLocaleString()} instances`}, and
          none has all of what is asked for.
        </EmptyState>
      )}
      {shown.length === 0 && complete && !narrows(filter) && (
        <EmptyState
          icon={Ship}
          title="There are no instances"
          action={
            <ButtonLink look="main" to="/create">
              <Plus size={16} aria-hidden />
              Create the first one
            </ButtonLink>
          }
        >
          An instance is an MCP server made from a template. Wharfinger has it made, proves that it speaks
          MCP, and makes it anew when it dies.
        </EmptyState>
      )}
      {selected.length > 0 && <SelectedBar selected={selected} onDone={clear} />}
    </Page>
  );
}

/** How many are shown, of how many; and whether more are still being read. */
function count(shown: number, all: number, complete: boolean): string {
  const of = shown === all ? all.toLocaleString() : `${shown.toLocaleString()} of ${all.toLocaleString()}`;
  if (!complete) return all === 0 ? 'Reading…' : `${of} read so far…`;
  return `${of} ${all === 1 ? 'instance' : 'instances'}`;
}
