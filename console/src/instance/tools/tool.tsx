// One tool: what it is for, what it takes, and trying it.

import type { Tool } from '../../api/types';
import { Panel } from '../../design/page';
import { type Call, type Calls, useMade } from './calls';
import { CallForm } from './form';
import { Outcome } from './outcome';

export function ToolPanel({ tool, calls, isRunning }: { tool: Tool; calls: Calls; isRunning: boolean }) {
  const made = useMade(calls).filter((call) => call.tool === tool.name);
  return (
    <div className="grid grid-cols-1 gap-4">
      <Panel title={<span className="break-all">{tool.name}</span>}>
        <div className="space-y-4 px-4 py-3">
          <p className="max-w-prose whitespace-pre-wrap break-words">
            {tool.description ?? <span className="text-muted">Its server says nothing about it.</span>}
          </p>
          <CallForm tool={tool} calls={calls} running={made.find(isUnderWay) ?? null} isRunning={isRunning} />
          <details>
            <summary className="text-muted">Input schema</summary>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
            <pre tabIndex={0} className="mt-2 max-h-96 overflow-auto rounded bg-sunken p-3 font-mono text-xs">
              {JSON.stringify(tool.input_schema, null, 2)}
            </pre>
          </details>
        </div>
      </Panel>
      <section aria-label="Calls from this page" aria-live="polite" className="grid grid-cols-1 gap-3">
        {made.map((call) => (
          <Outcome key={call.number} call={call} onGiveUp={() => calls.giveUp(call.number)} />
        ))}
      </section>
    </div>
  );
}

function isUnderWay({ outcome }: Call): boolean {
  return outcome.kind === 'running';
}
