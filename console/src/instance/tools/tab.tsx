// The tools an instance offers: a list, and the chosen one beside it. On a narrow screen one or the other.

import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { ArrowLeft, Wrench } from 'lucide-react';
import { useState } from 'react';
import { Problem } from '../../api/problem';
import { toolsQuery } from '../../api/tools';
import type { Instance, Tool } from '../../api/types';
import { Age } from '../../design/age';
import { classes } from '../../design/classes';
import { EmptyState } from '../../design/empty-state';
import { TextInput } from '../../design/field';
import { Panel } from '../../design/page';
import { ProblemNote } from '../../design/problem-note';
import { SkeletonRows } from '../../design/skeleton';
import type { Calls } from './calls';
import { ToolPanel } from './tool';

/** A list that is longer can be searched. */
const FEW = 8;

export function ToolsTab({ instance, calls }: { instance: Instance; calls: Calls }) {
  const { data, error, isPending } = useQuery(toolsQuery(instance.id));
  const { tool: asked } = useSearch({ from: '/instances/$id' });
  if (isPending) return <SkeletonRows rows={4} label="Tools are being read" />;
  if (data === undefined) return <ProblemNote problem={Problem.from(error)} />;
  const { tools, observed_at: at } = data;
  if (at === null) {
    return (
      <EmptyState icon={Wrench} title="Its tools are not known yet">
        They are listed when its server is asked for the first time after the daemon's start, which happens
        when it is running. They appear here by themselves.
      </EmptyState>
    );
  }
  const chosen = tools.find(({ name }) => name === asked) ?? null;
  // Where there is room for both, the first is shown before one is chosen.
  const shown = chosen ?? (asked === undefined ? (tools[0] ?? null) : null);
  return (
    <div className="grid grid-cols-1 gap-4">
      {tools.length === 0 && (
        <EmptyState icon={Wrench} title="It offers no tools">
          Its server was asked <Age of={at} /> ago, and named none. That may be right: servers can offer other
          things than tools.
        </EmptyState>
      )}
      {tools.length > 0 && (
        <div className="grid grid-cols-1 items-start gap-4 md:grid-cols-[minmax(13rem,18rem)_minmax(0,1fr)]">
          <div className={classes(asked !== undefined && 'max-md:hidden')}>
            <ToolList tools={tools} at={at} shown={shown} />
          </div>
          <div className={classes('min-w-0', asked === undefined && 'max-md:hidden')}>
            <Link
              from="/instances/$id"
              search={{ tab: 'tools' }}
              replace
              className="mb-3 inline-flex h-8 items-center gap-1.5 underline underline-offset-2 md:hidden"
            >
              <ArrowLeft size={15} aria-hidden />
              All tools
            </Link>
            {shown !== null && (
              <ToolPanel key={shown.name} tool={shown} calls={calls} isRunning={instance.endpoint !== null} />
            )}
            {shown === null && (
              <EmptyState icon={Wrench} title={`It has no tool “${asked}”`}>
                Choose one from the list: it is what its server named <Age of={at} /> ago.
              </EmptyState>
            )}
          </div>
        </div>
      )}
    </div>
  );
}

function ToolList({ tools, at, shown }: { tools: readonly Tool[]; at: string; shown: Tool | null }) {
  const [sought, setSought] = useState('');
  const found = tools.filter(({ name, description }) =>
    `${name} ${description ?? ''}`.toLowerCase().includes(sought.toLowerCase()),
  );
  return (
    <Panel>
      <nav aria-label="Tools">
        {tools.length > FEW && (
          <div className="border-line border-b p-2">
            <TextInput
              type="search"
              aria-label="Search in the tools"
              placeholder="Search"
              value={sought}
              onChange={(event) => setSought(event.target.value)}
            />
          </div>
        )}
        <ul className="divide-y divide-line md:max-h-[60vh] md:overflow-y-auto">
          {found.map(({ name, description }) => (
            <li key={name}>
              <Link
                from="/instances/$id"
                search={{ tab: 'tools', tool: name }}
                replace
                resetScroll={false}
                aria-current={name === shown?.name ? 'true' : undefined}
                className={classes(
                  'block border-transparent border-l-3 px-3 py-2 -outline-offset-2 hover:bg-sunken',
                  name === shown?.name && 'md:border-signal md:bg-sunken',
                )}
              >
                <span className="block break-all font-medium">{name}</span>
                {description !== null && (
                  <span className="line-clamp-2 break-words text-muted text-xs">{description}</span>
                )}
              </Link>
            </li>
          ))}
          {found.length === 0 && <li className="px-3 py-2 text-muted">No tool has that in its name.</li>}
        </ul>
      </nav>
      <p className="border-line border-t px-3 py-2 text-muted text-xs">
        {tools.length} {tools.length === 1 ? 'tool' : 'tools'}, listed <Age of={at} /> ago
      </p>
    </Panel>
  );
}
