// Plugins: how each stands, and how the configuration does.

import { useQuery } from '@tanstack/react-query';
import { Puzzle } from 'lucide-react';
import { pluginsQuery } from '../api/plugins';
import { Problem } from '../api/problem';
import { Badge } from '../design/badge';
import { EmptyState } from '../design/empty-state';
import { Page, Panel } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';

export function PluginsPage() {
  const plugins = useQuery(pluginsQuery);
  return (
    <Page
      title="Plugins"
      note={plugins.data === undefined ? '' : `The active set is generation ${plugins.data.generation}.`}
    >
      {plugins.error !== null && <ProblemNote problem={Problem.from(plugins.error)} />}
      {plugins.isPending && <SkeletonRows rows={4} label="Plugins are being read" />}
      {plugins.data?.plugins.length === 0 && (
        <EmptyState icon={Puzzle} title="There are no plugins">
          Provisioners and hooks are WebAssembly components. Add a table <code>[provisioners.NAME]</code> or{' '}
          <code>[[hooks]]</code> to the configuration: it takes effect without a restart.
        </EmptyState>
      )}
      {plugins.data !== undefined && plugins.data.plugins.length > 0 && (
        <Panel>
          <ul className="divide-y divide-line">
            {plugins.data.plugins.map((plugin) => (
              <li
                key={`${plugin.kind} ${plugin.name}`}
                className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5"
              >
                <span className="min-w-40 font-medium">{plugin.name}</span>
                <span className="min-w-24 text-muted">{plugin.kind}</span>
                <Badge
                  tone={plugin.state === 'active' ? 'good' : plugin.state === 'refused' ? 'bad' : 'warn'}
                >
                  {plugin.state}
                </Badge>
                {plugin.last_refusal !== null && (
                  <span className="text-bad">Refused: {plugin.last_refusal.message}</span>
                )}
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </Page>
  );
}
