// Tables of a few rows, as HTML has them. What is too wide scrolls inside its panel, and not the page. The instances
// have a table of their own, for thousands of rows.

import type { ReactNode } from 'react';
import { classes } from './classes';

export function Table({
  label,
  columns,
  children,
}: {
  label: string;
  columns: readonly ReactNode[];
  children: ReactNode;
}) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
      tabIndex={0}
      className="overflow-x-auto"
    >
      <table className="w-full text-left">
        <thead>
          <tr className="h-10 border-line border-b text-muted">
            {columns.map((column, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns have their places and no other name.
              <th key={place} scope="col" className="whitespace-nowrap px-4 font-normal">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">{children}</tbody>
      </table>
    </section>
  );
}

/** What a row is about: its first cell. */
export function RowHead({ children }: { children: ReactNode }) {
  return (
    <th scope="row" className="whitespace-nowrap px-4 py-2.5 font-medium">
      {children}
    </th>
  );
}

export function Cell({ className, children }: { className?: string; children?: ReactNode }) {
  return <td className={classes('px-4 py-2.5', className)}>{children}</td>;
}
