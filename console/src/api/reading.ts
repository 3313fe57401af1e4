// Why a page has nothing, or nothing newer, to show.

import { Problem } from './problem';

/**
 * The problem of a query that a page must show. Where there is an older answer and the daemon is only away, there is
 * none: the foot of the window says that already, and what is shown stays where it is.
 */
export function problemOf({ data, error }: { data: unknown; error: unknown }): Problem | null {
  if (error === null) return null;
  const problem = Problem.from(error);
  return data !== undefined && problem.body === null && problem.retryable ? null : problem;
}
