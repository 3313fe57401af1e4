// One provisioner.

import { Link } from '@tanstack/react-router';
import { Archive, CircleDashed, CircleHelp, CircleSlash, Plug, Snowflake, Star, Unplug } from 'lucide-react';
import type { Provisioner } from '../api/types';
import { Age, Until } from '../design/age';
import { Badge } from '../design/badge';
import { Digest } from '../design/digest';
import { Fact, Facts, Panel } from '../design/page';
import { useRoster } from '../live/context';
import { capabilityWords, standingWords } from './words';

export function ProvisionerPanel({ provisioner }: { provisioner: Provisioner }) {
  const {
    name,
    plugin,
    capabilities,
    breaker,
    recovery,
    since,
    in_flight: inFlight,
    swept_at: sweptAt,
  } = provisioner;
  const stands = standingWords(provisioner);
  return (
    <Panel
      title={
        <span className="flex flex-wrap items-center gap-2">
          <span className="min-w-0 break-all">{name}</span>
          {provisioner.default && (
            <Badge tone="still" icon={Star} title="Used when neither request nor template names one">
              default
            </Badge>
          )}
          <Standing standing={provisioner.standing} />
          <Reach reachable={provisioner.reachable} />
        </span>
      }
    >
      <Facts>
        {stands !== null && (
          <Fact name="Standing">
            <span className="text-warn">{stands}</span>
          </Fact>
        )}
        <Fact name="Backend">
          {provisioner.reachable === null && 'It was not called yet.'}
          {provisioner.reachable !== null && (
            <>
              {provisioner.reachable ? 'It answers' : 'It does not answer'}
              {since !== null && (
                <>
                  , for <Age of={since} />
                </>
              )}
              .
            </>
          )}
          {breaker.reason !== null && <p className="text-bad">{breaker.reason}</p>}
        </Fact>
        <Fact name="Breaker">
          <Breaker breaker={breaker} />
        </Fact>
        <Fact name="Instances">
          <Owned provisioner={provisioner} />
        </Fact>
        <Fact name="Recovery">
          {recovery.frozen ? (
            <span className="inline-flex items-center gap-1.5 text-warn">
              <Snowflake size={15} aria-hidden />
              <span>
                Frozen
                {recovery.frozen_since !== null && (
                  <>
                    {' '}
                    for <Age of={recovery.frozen_since} />
                  </>
                )}
                : too many workloads went silent at once. It thaws by itself when the backend says more.
              </span>
            </span>
          ) : (
            `${recovery.in_recovery} of at most ${recovery.limit} made anew now`
          )}
        </Fact>
        <Fact name="Calls out now">{inFlight}</Fact>
        <Fact name="Last sweep">
          {sweptAt === null ? (
            <span className="text-muted">its workloads were not held against the records yet</span>
          ) : (
            <>
              <Age of={sweptAt} /> ago
            </>
          )}
        </Fact>
        <Fact name="Plugin">
          <span className="flex flex-wrap items-center gap-x-2">
            <Link to="/plugins" className="underline underline-offset-2">
              {plugin.name}
            </Link>
            <Digest of={plugin.digest} what={`digest of the plugin of ${name}`} />
          </span>
        </Fact>
        <Fact name="Capabilities">
          {capabilities.length === 0 ? (
            <span className="text-muted">none beyond making and destroying</span>
          ) : (
            <ul>
              {capabilities.map((capability) => (
                <li key={capability}>
                  {capability} <span className="text-muted">{capabilityWords(capability)}</span>
                </li>
              ))}
            </ul>
          )}
        </Fact>
      </Facts>
    </Panel>
  );
}

/** How many it has: of the roster, which is live, as soon as that is whole. */
function Owned({ provisioner: { name, instances } }: { provisioner: Provisioner }) {
  const { records, complete } = useRoster();
  let known = 0;
  for (const instance of records.values()) if (instance.provisioner === name) known += 1;
  const count = complete ? known : instances;
  if (count === 0) return <span className="text-muted">none</span>;
  return (
    <Link to="/" search={{ provisioner: name }} className="underline underline-offset-2">
      {count.toLocaleString()} {count === 1 ? 'instance' : 'instances'}
    </Link>
  );
}

function Breaker({ breaker: { state, since, until, failures } }: { breaker: Provisioner['breaker'] }) {
  if (state === 'closed') {
    if (failures === 0) return 'Closed: it is called.';
    return `Closed: it is called. ${failures === 1 ? 'The last call' : `The last ${failures} calls`} did not reach it.`;
  }
  return (
    <span className="text-warn">
      {state === 'half_open' ? 'Half open' : 'Paused'}
      {since !== null && (
        <>
          {' '}
          for <Age of={since} />
        </>
      )}
      {state === 'half_open' ? ': one call tries it now' : ': it is not called'}
      {state === 'paused' && until !== null && (
        <>
          , and tried again in <Until to={until} />
        </>
      )}
      . Its instances are not made anew and do not fail meanwhile.
    </span>
  );
}

function Standing({ standing }: { standing: string }) {
  switch (standing) {
    case 'serving':
      return null;
    case 'retired':
      return (
        <Badge tone="still" icon={Archive}>
          retired
        </Badge>
      );
    case 'disabled':
      return (
        <Badge tone="still" icon={CircleSlash}>
          disabled
        </Badge>
      );
    default:
      return (
        <Badge tone="still" icon={CircleDashed}>
          {standing}
        </Badge>
      );
  }
}

function Reach({ reachable }: { reachable: boolean | null }) {
  if (reachable === null) {
    return (
      <Badge tone="still" icon={CircleHelp}>
        not called yet
      </Badge>
    );
  }
  return (
    <Badge tone={reachable ? 'good' : 'bad'} icon={reachable ? Plug : Unplug}>
      {reachable ? 'reachable' : 'not reachable'}
    </Badge>
  );
}
