// Asks once before an earlier version of a plugin is put in the place of the one that serves.

import { useRollback } from '../api/plugins';
import { Problem } from '../api/problem';
import type { Plugin } from '../api/types';
import { Age, moment } from '../design/age';
import { ConfirmDialog } from '../design/dialog';
import { Digest } from '../design/digest';
import { Fact, Facts } from '../design/page';
import { toast } from '../design/toast';

export function RollbackDialog({ plugin, onClose }: { plugin: Plugin; onClose: () => void }) {
  const rollback = useRollback();
  const { name, kind, active, previous } = plugin;
  const to = previous[0];
  if (to === undefined) return null;
  return (
    <ConfirmDialog
      title={`Roll back the ${kind} ${name}?`}
      act="Roll back"
      busy={rollback.isPending}
      problem={rollback.error && Problem.from(rollback.error)}
      onClose={onClose}
      onConfirm={() =>
        rollback.mutate(
          { name, kind },
          {
            onSuccess: () => {
              toast('good', `${name} is rolled back to what served in generation ${to.generation}.`);
              onClose();
            },
          },
        )
      }
    >
      <p>
        The version before the one that serves is put in its place, with its table as it was. The one that
        goes is refused until its file or its table changes.
      </p>
      {active?.digest === to.digest && (
        <p className="mt-2">Both are the same component: only its table differs.</p>
      )}
      <div className="-mx-4">
        <Facts>
          <Fact name="Goes">
            {active === null ? (
              'nothing: none serves'
            ) : (
              <>
                <Digest of={active.digest} what="digest that goes" />
                {active.since !== null && <p className="text-muted">serves since {moment(active.since)}</p>}
              </>
            )}
          </Fact>
          <Fact name="Comes back">
            <Digest of={to.digest} what="digest that comes back" />
            <p className="text-muted">
              began to serve in generation {to.generation}, {moment(to.since)} (<Age of={to.since} /> ago)
            </p>
          </Fact>
        </Facts>
      </div>
    </ConfirmDialog>
  );
}
