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

/** `onSettled` hears what became of an act that needs no dialog: null when it was accepted. */
export function HelpButton({ item: { what, help }, onSettled }: { item: Item; onSettled: Settled }) {
  switch (help?.act) {
    case 'retry':
      return <RetryButton instance={help.instance} onSettled={onSettled} />;
    case 'restart':
      return <RestartButton instance={help.instance} />;
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
      return <RollbackButton plugin={help.plugin} />;
    case 'reload':
      return <ReloadButton what={what} onSettled={onSettled} />;
    case 'decide':
      return <OrphanButtons orphan={help.orphan} />;
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

function RetryButton({ instance, onSettled }: { instance: Instance; onSettled: Settled }) {
  const retry = useInstanceAct(({ id }) => retryInstance(id));
  return (
    <Button
      aria-label={`Retry ${instance.name}`}
      disabled={retry.isPending}
      onClick={() =>
        retry.mutate(instance, {
          onSuccess: () => onSettled(null),
          onError: (thrown) => onSettled(Problem.from(thrown)),
        })
      }
    >
      Retry
    </Button>
  );
}

function RestartButton({ instance }: { instance: Instance }) {
  const { name } = instance;
  const [asking, setAsking] = useState(false);
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

function RollbackButton({ plugin }: { plugin: Plugin }) {
  const [asking, setAsking] = useState(false);
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
        reload.mutate(undefined, {
          onSuccess: (reloaded) => {
            const { tone, text } = outcome(reloaded);
            toast(tone, text);
            onSettled(null);
          },
          onError: (thrown) => onSettled(Problem.from(thrown)),
        })
      }
    >
      Reload now
    </Button>
  );
}
