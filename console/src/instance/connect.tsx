// How clients are told of the instance: texts to copy.

import { Unplug } from 'lucide-react';
import { useState } from 'react';
import type { Instance } from '../api/types';
import { Copy } from '../design/copy';
import { EmptyState } from '../design/empty-state';
import { Panel } from '../design/page';
import { isLoopback, type Snippet, snippets, spokenBy } from './snippets';

export function ConnectTab({ instance }: { instance: Instance }) {
  const { endpoint } = instance;
  // A word of the health that comes and goes must not change a text that is being copied.
  const [spoken, setSpoken] = useState(() => spokenBy(instance));
  const now = spokenBy(instance);
  if (now !== null && now.version !== spoken?.version) setSpoken(now);
  if (endpoint === null) {
    return (
      <EmptyState icon={Unplug} title="There is no endpoint now">
        It has none while there is no workload. When it is running, this page says how clients reach it.
      </EmptyState>
    );
  }
  const found = snippets(instance.name, endpoint, spoken ?? { era: 'modern', version: '' });
  const wantsCredentials = instance.conditions.some(
    ({ type, status }) => type === 'Authenticated' && status === 'False',
  );
  return (
    <div className="grid grid-cols-1 gap-4">
      <ul className="list-disc space-y-1 pl-5">
        {isLoopback(endpoint.url) && (
          <li>
            Only programs on the machine where the workload runs reach this endpoint: its address is a
            loopback address.
          </li>
        )}
        {instance.status !== 'running' && (
          <li>It is {instance.status}: clients may get no answer until it is running.</li>
        )}
        {spoken === null && (
          <li>No handshake has gone well so far, so which revision of MCP it speaks is not known.</li>
        )}
        {wantsCredentials && (
          <li>Its server wants credentials: give them to the client as its maker says.</li>
        )}
        <li>After a restart the address may be another one: then copy it again.</li>
      </ul>
      {found.length === 0 && (
        <EmptyState icon={Unplug} title={`It speaks ${endpoint.transport}`}>
          The console knows no client for that. Its address is at the top of this page.
        </EmptyState>
      )}
      <div className="gap-4 wide:columns-2">
        {found.map((snippet) => (
          <SnippetPanel key={snippet.key} snippet={snippet} />
        ))}
      </div>
    </div>
  );
}

function SnippetPanel({ snippet: { client, where, text } }: { snippet: Snippet }) {
  return (
    <Panel
      title={client}
      className="mb-4 min-w-0 break-inside-avoid"
      actions={<Copy text={text} what={`text for ${client}`} />}
    >
      <p className="px-4 pt-3 text-muted">{where}.</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
      <pre tabIndex={0} className="overflow-x-auto px-4 py-3 font-mono text-xs">
        {text}
      </pre>
    </Panel>
  );
}
