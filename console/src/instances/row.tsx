// One row of the table. It is drawn again only when its own instance or its own state has changed.

import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { Instance } from '../api/types';
import { Age } from '../design/age';
import { classes } from '../design/classes';
import { Copy } from '../design/copy';
import { Checkbox } from '../design/field';
import { StatusBadge } from '../design/status-badge';
import { FROM_MEDIUM, FROM_WIDE, GRID } from './columns';
import { HealthWord } from './health-word';

export const Row = memo(function Row({
  instance,
  index,
  top,
  selected,
  active,
  onPick,
}: {
  instance: Instance;
  index: number;
  top: number;
  selected: boolean;
  /** Of all rows, the one that the keyboard is at: only its parts are reached by Tab. */
  active: boolean;
  onPick: (id: string, range: boolean) => void;
}) {
  const tabIndex = active ? 0 : -1;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      tabIndex={tabIndex}
      data-id={instance.id}
      style={{ transform: `translateY(${top}px)` }}
      className={classes(
        GRID,
        'absolute inset-x-0 top-0 h-[64px] cursor-pointer border-line border-b md:h-[44px]',
        'focus-visible:-outline-offset-2',
        selected ? 'bg-signal-soft' : 'hover:bg-sunken',
      )}
    >
      <div role="gridcell" className="flex max-md:row-span-2">
        <Checkbox
          aria-label={`Select ${instance.name}`}
          tabIndex={tabIndex}
          checked={selected}
          readOnly
          onClick={(event) => onPick(instance.id, event.shiftKey)}
        />
      </div>
      <div role="gridcell" className="min-w-0">
        <Link
          to="/instances/$id"
          params={{ id: instance.id }}
          tabIndex={tabIndex}
          className="block truncate font-medium hover:underline"
        >
          {instance.name}
        </Link>
      </div>
      <div role="gridcell" className="flex min-w-0">
        <StatusBadge status={instance.status} />
      </div>
      <div role="gridcell" className="min-w-0">
        <HealthWord instance={instance} />
      </div>
      <div role="gridcell" className={classes('min-w-0 truncate', FROM_MEDIUM)}>
        {instance.template}
      </div>
      <div role="gridcell" className={classes('min-w-0 truncate', FROM_WIDE)}>
        {instance.provisioner}
      </div>
      <div role="gridcell" className="min-w-0 text-right text-muted md:text-left">
        <Age of={instance.created_at} />
      </div>
      <div role="gridcell" className={classes('min-w-0', FROM_WIDE)}>
        {instance.endpoint === null ? (
          <span className="text-muted">none yet</span>
        ) : (
          <span className="flex items-center">
            <code className="min-w-0 truncate text-xs" title={instance.endpoint.url}>
              {instance.endpoint.url}
            </code>
            <Copy text={instance.endpoint.url} what="endpoint" tabIndex={tabIndex} />
          </span>
        )}
      </div>
    </div>
  );
});
