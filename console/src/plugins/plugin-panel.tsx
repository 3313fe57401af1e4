// One plugin: what serves and what is wanted, what was refused, how its calls go, and what can be done about it.

import { CirclePause, FlaskConical, Undo2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { Hook, Plugin } from '../api/types';
import { Age, Until } from '../design/age';
import { Button, ButtonLink } from '../design/button';
import { Digest } from '../design/digest';
import { duration } from '../design/duration';
import { Note } from '../design/note';
import { Fact, Facts, Panel } from '../design/page';
import { PluginBadge } from './plugin-badge';
import { RefusalNote } from './refusal-note';
import { RollbackDialog } from './rollback-dialog';
import { difference, effect, scope } from './standing';

export function PluginPanel({
  plugin,
  hook,
  place,
}: {
  plugin: Plugin;
  /** Of a hook that is asked: how. */
  hook?: Hook | null;
  /** Of a hook that is asked: its place in the order, from 1. */
  place?: number;
}) {
  const [asking, setAsking] = useState(false);
  const { name, kind, active, desired, quarantine, last_refusal: refusal, previous } = plugin;
  const why = difference(plugin);
  return (
    <Panel
      title={
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          {place !== undefined && (
            <span className="inline-flex size-5 items-center justify-center rounded-full bg-still-soft text-still text-xs">
              {place}
            </span>
          )}
          <span className="min-w-0 break-all">{name}</span>
          <PluginBadge state={plugin.state} />
        </span>
      }
      actions={
        <span className="flex gap-2">
          {kind === 'hook' && (
            <ButtonLink to="/plugins/$name/rehearse" params={{ name }} aria-label={`Rehearse ${name}`}>
              <FlaskConical size={15} aria-hidden />
              Rehearse
            </ButtonLink>
          )}
          <Button
            aria-label={`Roll back ${name}`}
            disabled={previous.length === 0}
            title={previous.length === 0 ? 'No earlier version is kept' : undefined}
            onClick={() => setAsking(true)}
          >
            <Undo2 size={15} aria-hidden />
            Roll back
          </Button>
        </span>
      }
    >
      {(refusal !== null || quarantine !== null) && (
        <div className="space-y-2 px-4 pt-3">
          {quarantine !== null && <QuarantineNote quarantine={quarantine} />}
          {refusal !== null && <RefusalNote refusal={refusal} />}
        </div>
      )}
      <Facts>
        {kind === 'hook' && (
          <Fact name="Asked about">
            {hook === null || hook === undefined ? (
              'nothing: it is off'
            ) : (
              <>
                {scope(hook)}
                <Small>
                  <b className="font-medium text-ink">{hook.mode}</b>. {effect(hook)}
                </Small>
              </>
            )}
          </Fact>
        )}
        <Fact name="Serves">
          {active === null ? (
            'nothing'
          ) : (
            <>
              <Digest of={active.digest} what={`active digest of ${name}`} />
              <Small>
                {active.generation !== null && `generation ${active.generation}`}
                {active.since !== null && (
                  <>
                    , for <Age of={active.since} />
                  </>
                )}
              </Small>
            </>
          )}
        </Fact>
        <Fact name="Wanted">
          {desired === null && 'not known'}
          {desired !== null && desired.digest === active?.digest && 'the same file'}
          {desired !== null && desired.digest !== active?.digest && (
            <Digest of={desired.digest} what={`desired digest of ${name}`} />
          )}
          {why !== null && <p className="text-warn">{why}</p>}
        </Fact>
        <Fact name="Calls">
          {plugin.calls.toLocaleString()}
          {plugin.in_flight > 0 && `, ${plugin.in_flight} out now`}
          <Small>{callWords(plugin)}</Small>
        </Fact>
        <Fact name="Earlier versions">
          {previous.length === 0 ? (
            <span className="text-muted">none kept</span>
          ) : (
            <ul>
              {previous.map(({ digest, generation, since }) => (
                <li key={generation} className="flex flex-wrap items-center gap-x-2">
                  <Digest of={digest} what={`digest of generation ${generation}`} />
                  <span className="text-muted">
                    generation {generation}, <Age of={since} /> ago
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Fact>
      </Facts>
      {asking && <RollbackDialog plugin={plugin} onClose={() => setAsking(false)} />}
    </Panel>
  );
}

function QuarantineNote({ quarantine }: { quarantine: NonNullable<Plugin['quarantine']> }) {
  const { failures, reason, since, until } = quarantine;
  return (
    <Note
      tone="warn"
      icon={CirclePause}
      title={
        <>
          Quarantined for <Age of={since} />: it ended badly {failures} times in a row
        </>
      }
    >
      <p className="whitespace-pre-line">{reason}</p>
      <p>
        {until === null ? (
          'A call tries it now.'
        ) : (
          <>
            The next call tries it in <Until to={until} />.
          </>
        )}{' '}
        A new file or new settings begin afresh.
      </p>
    </Note>
  );
}

function callWords({ p50_us: half, p99_us: most }: Plugin): string {
  if (half === null || most === null) return 'none since it began to serve';
  return `half of the last ones took ${duration(half)} or less (p50), 99 % ${duration(most)} (p99)`;
}

function Small({ children }: { children: ReactNode }) {
  return <p className="text-muted text-sm">{children}</p>;
}
