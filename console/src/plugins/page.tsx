// Plugins: how the configuration stands, the hooks in the order they are asked, and the plugins of provisioners.

import { useQuery } from '@tanstack/react-query';
import { Puzzle, RefreshCw } from 'lucide-react';
import { pluginsQuery, useReload } from '../api/plugins';
import { Problem } from '../api/problem';
import { problemOf } from '../api/reading';
import { Button } from '../design/button';
import { EmptyState } from '../design/empty-state';
import { Page } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';
import { toast } from '../design/toast';
import { ConfigurationNotes } from './configuration-notes';
import { outcome } from './outcome';
import { PluginPanel } from './plugin-panel';
import { arrange } from './standing';

const GRID = 'grid items-start gap-3 wide:grid-cols-2';

export function PluginsPage() {
  const plugins = useQuery(pluginsQuery);
  const problem = problemOf(plugins);
  const reload = useReload();
  const { data } = plugins;
  const { hooks, provisioners } = data === undefined ? { hooks: [], provisioners: [] } : arrange(data);
  const button = (
    <Button
      disabled={reload.isPending}
      onClick={() =>
        reload.mutate(undefined, {
          onSuccess: (reloaded) => {
            const { tone, text } = outcome(reloaded);
            toast(tone, text);
          },
        })
      }
    >
      <RefreshCw size={15} aria-hidden className={reload.isPending ? 'animate-spin' : undefined} />
      Reload now
    </Button>
  );
  return (
    <Page
      title="Plugins"
      note={data === undefined ? '' : `Generation ${data.generation} is active.`}
      actions={button}
    >
      {reload.error !== null && <ProblemNote problem={Problem.from(reload.error)} />}
      {problem !== null && <ProblemNote problem={problem} />}
      {data !== undefined && <ConfigurationNotes configuration={data.configuration} />}
      {plugins.isPending && <SkeletonRows rows={8} label="Plugins are being read" />}
      {data?.plugins.length === 0 && (
        <EmptyState icon={Puzzle} title="There are no plugins">
          Provisioners and hooks are WebAssembly components. Add a table <code>[provisioners.NAME]</code> or{' '}
          <code>[[hooks]]</code> to the configuration: it takes effect without a restart.
        </EmptyState>
      )}
      {data !== undefined && data.plugins.length > 0 && (
        <>
          <section aria-label="Hooks" className="space-y-3">
            <div>
              <h2>Hooks</h2>
              <p className="text-muted">
                {hooks.length === 0 ? (
                  <>
                    None: every request is admitted. A hook is a table <code>[[hooks]]</code> of the
                    configuration.
                  </>
                ) : (
                  'They review every request, in this order, before it is accepted.'
                )}
              </p>
            </div>
            <ol className={GRID}>
              {hooks.map(({ plugin, hook }, at) => (
                <li key={plugin.name}>
                  <PluginPanel plugin={plugin} hook={hook} {...(hook === null ? {} : { place: at + 1 })} />
                </li>
              ))}
            </ol>
          </section>
          <section aria-label="Provisioners" className="space-y-3">
            <div>
              <h2>Provisioners</h2>
              <p className="text-muted">They make, inspect and destroy workloads.</p>
            </div>
            <ul className={GRID}>
              {provisioners.map((plugin) => (
                <li key={plugin.name}>
                  <PluginPanel plugin={plugin} />
                </li>
              ))}
            </ul>
          </section>
        </>
      )}
    </Page>
  );
}
