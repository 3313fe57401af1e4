// Plugins: how each stands, and how the configuration does.

import { useQuery } from '@tanstack/react-query';
import { Puzzle } from 'lucide-react';
import { pluginsQuery } from '../api/plugins';
import { Problem } from '../api/problem';
import { EmptyState } from '../design/empty-state';
import { Page, Panel } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';
import { Cell, RowHead, Table } from '../design/table';
import { PluginBadge } from './plugin-badge';

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
          <Table label="Plugins" columns={['Name', 'Kind', 'State', 'Last refusal']}>
            {plugins.data.plugins.map((plugin) => (
              <tr key={`${plugin.kind} ${plugin.name}`}>
                <RowHead>{plugin.name}</RowHead>
                <Cell>{plugin.kind}</Cell>
                <Cell>
                  <PluginBadge state={plugin.state} />
                </Cell>
                <Cell className="min-w-60">{plugin.last_refusal?.message ?? 'none'}</Cell>
              </tr>
            ))}
          </Table>
        </Panel>
      )}
    </Page>
  );
}
