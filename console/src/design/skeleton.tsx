// Holds the place of what is being read, in its size, so that nothing moves when it comes.

import { classes } from './classes';

export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={classes('block h-4 animate-pulse rounded bg-sunken', className)} />;
}

/** So many rows of a table or a list. */
export function SkeletonRows({ rows, label }: { rows: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="divide-y divide-line">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike and never move.
        <div key={row} className="flex h-11 items-center gap-6 px-3">
          <Skeleton className="w-1/4" />
          <Skeleton className="w-20" />
          <Skeleton className="w-1/3" />
        </div>
      ))}
    </div>
  );
}
