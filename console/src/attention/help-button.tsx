// The one button that helps with an item, and what it asks before it does anything that cannot be undone.

import { useState } from 'react';
import { restartInstance, retryInstance, useInstanceAct } from '../api/instances';
import { useReload } from '../api/plugins';
import { Problem } from '../api/problem';
import type { Instance, Plugin } from '../api/types';
import { Button, ButtonLink } from '../design/button';
import { ConfirmDialog } from '../design/dialog';
import { toast } from '../design/toast';
import { outcome } from '../plugins/outcome';
import { RollbackDialog } from '../plugins/rollback-dialog';
import type { Item } from './items';
import { OrphanButtons } from './orphan-buttons';

type Settled = (problem: Problem | null) => void;
type Asking = ((asking: boolean) => void) | undefined;

/**
 * `onSettled` hears what became of an act that needs no dialog: null when it was accepted. `onAsking` hears whether
 * a dialog is open: for so long the button must stay in the page.
 */
export function HelpButton({
  item: { what, help },
  onSettled,
  onAsking,
}: {
  item: Item;
  onSettled: Settled;
  onAsking?: Asking;
}) {
  switch (help?.act) {
    case 'retry':
      return <RetryButton instance={help.instance} onSettled={onSettled} />;
    case 'restart':
      return <RestartButton instance={help.instance} onAsking={onAsking} />;
    case 'create-another':
      return (
        <ButtonLink
          to="/create"
          search={{ template: help.template }}
          aria-label={`Create another: ${help.template}`}
        >
          Create another
        </ButtonLink>
      );
    case 'roll-back':
      return <RollbackButton plugin={help.plugin} onAsking={onAsking} />;
    case 'reload':
      return <ReloadButton what={what} onSettled={onSettled} />;
    case 'decide':
      return <OrphanButtons orphan={help.orphan} onAsking={onAsking} />;
    case 'show':
      return (
        <ButtonLink to={help.place} aria-label={`Show: ${what}`}>
          Show
        </ButtonLink>
      );
    default:
      return null;
  }
}

function useAsking(onAsking: Asking): [asking: boolean, setAsking: (next: boolean) => void] {
  const [asking, setAsking] = useState(false);
  return [
    asking,
    (next) => {
      setAsking(next);
      onAsking?.(next);
    },
  ];
}

function RetryButton({ instance, onSettled }: { instance: Instance; onSettled: Settled }) {
  const retry = useInstanceAct(({ id }) => retryInstance(id));
  return (
    <Button
      aria-label={`Retry ${instance.name}`}
      disabled={retry.isPending}
      onClick={() =>
        // Told also when the button is gone by then: something else may be first.
        void retry.mutateAsync(instance).then(
          () => onSettled(null),
          (thrown: unknown) => onSettled(Problem.from(thrown)),
        )
      }
    >
      Retry
    </Button>
  );
}

function RestartButton({ instance, onAsking }: { instance: Instance; onAsking: Asking }) {
  const { name } = instance;
  const [asking, setAsking] = useAsking(onAsking);
  const restart = useInstanceAct(restartInstance);
  return (
    <>
      <Button aria-label={`Restart ${name}`} onClick={() => setAsking(true)}>
        Restart
      </Button>
      {asking && (
        <ConfirmDialog
          title={`Restart ${name}?`}
          act={`Restart ${name}`}
          busy={restart.isPending}
          problem={restart.error && Problem.from(restart.error)}
          onClose={() => setAsking(false)}
          onConfirm={() => restart.mutate(instance, { onSuccess: () => setAsking(false) })}
        >
          <p>
            Its workload is destroyed and made again. Clients lose their connection, and what the server held
            in memory is gone; name and id stay.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

function RollbackButton({ plugin, onAsking }: { plugin: Plugin; onAsking: Asking }) {
  const [asking, setAsking] = useAsking(onAsking);
  return (
    <>
      <Button aria-label={`Roll back ${plugin.name}`} onClick={() => setAsking(true)}>
        Roll back
      </Button>
      {asking && <RollbackDialog plugin={plugin} onClose={() => setAsking(false)} />}
    </>
  );
}

function ReloadButton({ what, onSettled }: { what: string; onSettled: Settled }) {
  const reload = useReload();
  return (
    <Button
      aria-label={`Reload now: ${what}`}
      disabled={reload.isPending}
      onClick={() =>
        void reload.mutateAsync().then(
          (reloaded) => {
            const { tone, text } = outcome(reloaded);
            toast(tone, text);
            onSettled(null);
          },
          (thrown: unknown) => onSettled(Problem.from(thrown)),
        )
      }
    >
      Reload now
    </Button>
  );
}
