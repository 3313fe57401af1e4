// The table: as many rows as fit are in the page, however many there are. The page itself scrolls.
//
// Keys: arrows, Home, End and Page keys move; Enter opens; Space selects, with Shift a range; Ctrl-A selects all.

import { useNavigate } from '@tanstack/react-router';
import { defaultRangeExtractor, useWindowVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import {
  type KeyboardEvent,
  type MouseEvent,
  useCallback,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { Instance } from '../api/types';
import { classes } from '../design/classes';
import { Checkbox } from '../design/field';
import { useMedia } from '../design/media';
import { CARD_HEIGHT, FROM_MEDIUM, FROM_WIDE, GRID, ROW_HEIGHT } from './columns';
import { Row } from './row';
import { useSteadyScroll } from './steady-scroll';

export function InstancesTable({
  instances,
  selected,
  oldestFirst,
  onPick,
  onSelectAll,
  onOrder,
}: {
  instances: readonly Instance[];
  selected: ReadonlySet<string>;
  oldestFirst: boolean;
  onPick: (id: string, range: boolean, shown: readonly string[]) => void;
  onSelectAll: (ids: readonly string[]) => void;
  onOrder: () => void;
}) {
  const navigate = useNavigate();
  const body = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  const [activeId, setActiveId] = useState<string | null>(null);
  const height = useMedia('(min-width: 48rem)') ? ROW_HEIGHT : CARD_HEIGHT;
  const ids = useMemo(() => instances.map(({ id }) => id), [instances]);
  const active = activeId === null ? 0 : Math.max(0, ids.indexOf(activeId));

  useLayoutEffect(() => {
    // What is above the table may grow and shrink: an alert, results, filters that wrap.
    const measure = () => setMargin((body.current?.getBoundingClientRect().top ?? 0) + scrollY);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);

  const virtual = useWindowVirtualizer({
    count: instances.length,
    estimateSize: () => height,
    overscan: 10,
    scrollMargin: margin,
    // Rows come to rest below the bar and the head of the table.
    scrollPaddingStart: 100,
    scrollPaddingEnd: 80,
    getItemKey: (index) => ids[index] ?? index,
    // The row that the keyboard is at stays in the page, or the focus would be lost by scrolling.
    rangeExtractor: (range) => [...new Set([...defaultRangeExtractor(range), active])].sort((a, b) => a - b),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new height makes all that was measured wrong.
  useLayoutEffect(() => virtual.measure(), [height]);
  useSteadyScroll(ids, height, margin);

  // Rows are given the same function for ever, or all of them would be drawn again whenever one changes.
  const shown = useRef(ids);
  shown.current = ids;
  const pick = useCallback((id: string, range: boolean) => onPick(id, range, shown.current), [onPick]);
  const open = (id: string) => void navigate({ to: '/instances/$id', params: { id } });

  const moveTo = (index: number) => {
    const id = ids[Math.max(0, Math.min(ids.length - 1, index))];
    if (id === undefined) return;
    setActiveId(id);
    virtual.scrollToIndex(ids.indexOf(id));
    requestAnimationFrame(() => rowOf(body.current, id)?.focus({ preventScroll: true }));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const id = (event.target as HTMLElement).dataset.id;
    const move = MOVES[event.key];
    if (move !== undefined) {
      event.preventDefault();
      moveTo(move(active, ids.length));
    } else if (id !== undefined && event.key === 'Enter') {
      open(id);
    } else if (id !== undefined && event.key === ' ') {
      event.preventDefault();
      pick(id, event.shiftKey);
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onSelectAll(ids);
    }
  };

  const onClick = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    const id = target.closest<HTMLElement>('[data-id]')?.dataset.id;
    // Links, buttons and boxes do what they do; and who selects text does not want to leave.
    if (id === undefined || target.closest('a, button, input') !== null) return;
    if (getSelection()?.isCollapsed === false) return;
    if (event.shiftKey || event.ctrlKey || event.metaKey) pick(id, event.shiftKey);
    else open(id);
  };

  const chosen = ids.reduce((count, id) => (selected.has(id) ? count + 1 : count), 0);
  const Arrow = oldestFirst ? ArrowUp : ArrowDown;
  return (
    <div
      role="grid"
      aria-label="Instances"
      aria-description="Arrow keys move, Enter opens, Space selects, Shift and Space select a range."
      aria-rowcount={ids.length + 1}
      aria-multiselectable
      tabIndex={-1}
      className="rounded-md border border-line bg-surface"
    >
      <div
        role="row"
        aria-rowindex={1}
        className={classes(
          GRID,
          'sticky top-[5.625rem] z-10 h-10 rounded-t-md border-line border-b bg-surface text-muted md:top-[3.125rem]',
        )}
      >
        <div role="columnheader" className="flex">
          <Checkbox
            aria-label={`Select all ${ids.length} instances that are shown`}
            checked={ids.length > 0 && chosen === ids.length}
            indeterminate={chosen > 0 && chosen < ids.length}
            onChange={() => onSelectAll(chosen === ids.length ? [] : ids)}
          />
        </div>
        <div role="columnheader">Name</div>
        <div role="columnheader">Status</div>
        <div role="columnheader" className={FROM_MEDIUM}>
          Health
        </div>
        <div role="columnheader" className={FROM_MEDIUM}>
          Template
        </div>
        <div role="columnheader" className={FROM_WIDE}>
          Provisioner
        </div>
        <div role="columnheader" aria-sort={oldestFirst ? 'descending' : 'ascending'} className={FROM_MEDIUM}>
          <button
            type="button"
            className="inline-flex items-center gap-1 hover:text-ink"
            title={
              oldestFirst ? 'Oldest first; choose for newest first' : 'Newest first; choose for oldest first'
            }
            onClick={onOrder}
          >
            Age <Arrow size={14} aria-hidden />
          </button>
        </div>
        <div role="columnheader" className={FROM_WIDE}>
          Endpoint
        </div>
      </div>
      <div
        role="rowgroup"
        ref={body}
        className="relative"
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onFocus={(event) => {
          const id = event.target.closest<HTMLElement>('[data-id]')?.dataset.id;
          if (id !== undefined) setActiveId(id);
        }}
      >
        {virtual.getVirtualItems().map(({ index, start }) => {
          const instance = instances[index];
          if (instance === undefined) return null;
          return (
            <Row
              key={instance.id}
              instance={instance}
              index={index}
              top={start - margin}
              selected={selected.has(instance.id)}
              active={index === active}
              onPick={pick}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Where each key leads from the row at `at`, of `count`. */
const MOVES: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at) => at + 10,
  PageUp: (at) => at - 10,
  Home: () => 0,
  End: (_, count) => count - 1,
};

function rowOf(body: HTMLElement | null, id: string): HTMLElement | null {
  return body?.querySelector(`[data-id="${CSS.escape(id)}"]`) ?? null;
}
