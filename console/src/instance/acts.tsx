// What can be done with an instance. What destroys something asks once and names what goes; each act is for the
// revision that is seen, so that nothing is done to what has changed meanwhile.

import { useQuery } from '@tanstack/react-query';
import { RefreshCw, RotateCcw, Trash2, Unlink } from 'lucide-react';
import { useState } from 'react';
import {
  deleteInstance,
  eventsQuery,
  forgetInstance,
  restartInstance,
  retryInstance,
  useInstanceAct,
} from '../api/instances';
import { Problem } from '../api/problem';
import type { Instance, Status } from '../api/types';
import { Button } from '../design/button';
import { ConfirmDialog, Dialog } from '../design/dialog';
import { ProblemNote } from '../design/problem-note';
import { toast } from '../design/toast';
import { deletionHindered } from './words';

/** In every other status its workload is being made or removed anyway. */
const RESTARTABLE: readonly Status[] = ['created', 'running', 'unhealthy', 'failed'];

type Question = 'restart' | 'delete' | 'forget';

export function Acts({ instance }: { instance: Instance }) {
  const [asked, setAsked] = useState<Question | null>(null);
  const retry = useInstanceAct(({ id }) => retryInstance(id));
  const canRestart = RESTARTABLE.includes(instance.status);
  const isDeleting = instance.status === 'deleting';
  const events = useQuery({ ...eventsQuery(instance.id), enabled: isDeleting });
  const hindered = deletionHindered(instance, events.data ?? []);
  return (
    <>
      {instance.status === 'failed' && (
        <Button
          look="main"
          disabled={retry.isPending}
          onClick={() =>
            retry.mutate(instance, { onSuccess: () => toast('good', `${instance.name} is tried again.`) })
          }
        >
          <RotateCcw size={15} aria-hidden />
          Retry
        </Button>
      )}
      {hindered !== null && (
        <Button look="danger" onClick={() => setAsked('forget')}>
          <Unlink size={15} aria-hidden />
          Forget
        </Button>
      )}
      <Button
        disabled={!canRestart}
        title={canRestart ? undefined : `It is ${instance.status}: there is nothing to restart now`}
        onClick={() => setAsked('restart')}
      >
        <RefreshCw size={15} aria-hidden />
        Restart
      </Button>
      <Button look="danger" disabled={isDeleting} onClick={() => setAsked('delete')}>
        <Trash2 size={15} aria-hidden />
        {isDeleting ? 'Deleting …' : 'Delete'}
      </Button>
      {retry.error !== null && (
        <Dialog title={`${instance.name} was not tried again`} onClose={retry.reset}>
          <ProblemNote problem={Problem.from(retry.error)} />
        </Dialog>
      )}
      {asked === 'restart' && <Restart instance={instance} onClose={() => setAsked(null)} />}
      {asked === 'delete' && !isDeleting && <Delete instance={instance} onClose={() => setAsked(null)} />}
      {asked === 'forget' && hindered !== null && (
        <Forget instance={instance} hindered={hindered} onClose={() => setAsked(null)} />
      )}
    </>
  );
}

interface Asking {
  instance: Instance;
  onClose: () => void;
}

function Restart({ instance, onClose }: Asking) {
  const restart = useInstanceAct(restartInstance);
  return (
    <ConfirmDialog
      title={`Restart ${instance.name}?`}
      act={`Restart ${instance.name}`}
      busy={restart.isPending}
      problem={restart.error && Problem.from(restart.error)}
      onClose={onClose}
      onConfirm={() =>
        restart.mutate(instance, {
          onSuccess: () => {
            toast('good', `${instance.name} is restarted.`);
            onClose();
          },
        })
      }
    >
      <p>
        Its workload is destroyed and made anew. What it keeps in memory is lost, calls under way end, and its
        endpoint may have another address afterwards.
      </p>
    </ConfirmDialog>
  );
}

function Delete({ instance, onClose }: Asking) {
  const remove = useInstanceAct(deleteInstance);
  return (
    <ConfirmDialog
      title={`Delete ${instance.name}?`}
      act={`Delete ${instance.name}`}
      busy={remove.isPending}
      problem={remove.error && Problem.from(remove.error)}
      onClose={onClose}
      onConfirm={() => remove.mutate(instance, { onSuccess: onClose })}
    >
      <p>Its workload is destroyed and its endpoint stops answering. This cannot be undone.</p>
    </ConfirmDialog>
  );
}

function Forget({ instance, hindered, onClose }: Asking & { hindered: string }) {
  const forget = useInstanceAct(forgetInstance);
  return (
    <ConfirmDialog
      title={`Forget ${instance.name}?`}
      act={`Forget ${instance.name}`}
      busy={forget.isPending}
      problem={forget.error && Problem.from(forget.error)}
      onClose={onClose}
      onConfirm={() => forget.mutate(instance, { onSuccess: onClose })}
    >
      <div className="space-y-2">
        <p>
          Deleting goes on by itself, and has not gone well so far: <q className="break-words">{hindered}</q>.
        </p>
        <p>
          Forgetting is for a backend that is gone for good. The record is removed at once, and its workload
          {instance.workload !== null && (
            <>
              {' '}
              <code className="break-all">{instance.workload.name}</code>
            </>
          )}{' '}
          may go on running and costing where nobody looks after it. Should it be seen again, it is destroyed.
        </p>
      </div>
    </ConfirmDialog>
  );
}
