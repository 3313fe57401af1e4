// Asks once before what was filled in is lost: by another page of the console, or by leaving it.

import { useBlocker } from '@tanstack/react-router';
import { ConfirmDialog } from '../design/dialog';

export function LeaveGuard({ active }: { active: boolean }) {
  const { status, proceed, reset } = useBlocker({
    // Another template is the same page.
    shouldBlockFn: ({ current, next }) => active && current.pathname !== next.pathname,
    enableBeforeUnload: () => active,
    withResolver: true,
  });
  if (status !== 'blocked') return null;
  return (
    <ConfirmDialog title="Leave without creating?" act="Leave" onConfirm={proceed} onClose={reset}>
      <p>What you filled in is lost when you leave.</p>
    </ConfirmDialog>
  );
}
