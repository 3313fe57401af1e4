// What came of a call: the result as its server gave it, or why there is none. All of it is shown as text; pictures
// only of kinds that are nothing but pixels.

import { CircleCheck, CircleDashed, CircleSlash, OctagonX } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { ToolResult } from '../../api/types';
import { clock } from '../../design/age';
import { Badge } from '../../design/badge';
import { Button } from '../../design/button';
import { Panel } from '../../design/page';
import { ProblemNote } from '../../design/problem-note';
import { type Call, mayHaveRun } from './calls';
import { type Block, blocksOf } from './content';

/** More of one text is shown when it is asked for. */
const AT_FIRST = 20_000;

export function Outcome({ call, onGiveUp }: { call: Call; onGiveUp: () => void }) {
  const { outcome, text, begunAt } = call;
  return (
    <Panel
      title={<Verdict outcome={outcome} />}
      actions={
        <span className="text-muted text-xs">
          {clock(begunAt)}
          {outcome.kind !== 'running' && ` · took ${duration(outcome.took)}`}
        </span>
      }
    >
      <div className="space-y-3 px-4 py-3">
        {outcome.kind === 'running' && (
          <Button onClick={onGiveUp}>
            <CircleSlash size={15} aria-hidden />
            Give up
          </Button>
        )}
        {outcome.kind === 'problem' && <ProblemNote problem={outcome.problem} />}
        {mayHaveRun(outcome) && (
          <p>
            The tool may have run all the same: look at what it does, or at the log, before you call it again.
          </p>
        )}
        {outcome.kind === 'result' && <Result result={outcome.result} />}
        <details className="text-muted">
          <summary>Called with</summary>
          {text === null ? (
            <p className="pt-1">Not held, because a secret was among the arguments.</p>
          ) : (
            <Text>{text}</Text>
          )}
        </details>
      </div>
    </Panel>
  );
}

function Verdict({ outcome }: { outcome: Call['outcome'] }) {
  switch (outcome.kind) {
    case 'running':
      return (
        <Badge tone="busy" icon={CircleDashed}>
          Calling …
        </Badge>
      );
    case 'given-up':
      return (
        <Badge tone="warn" icon={CircleSlash}>
          Given up
        </Badge>
      );
    case 'problem':
      return (
        <Badge tone="bad" icon={OctagonX}>
          No result
        </Badge>
      );
    case 'result':
      return outcome.result.isError === true ? (
        <Badge tone="bad" icon={OctagonX}>
          The tool reports an error
        </Badge>
      ) : (
        <Badge tone="good" icon={CircleCheck}>
          Result
        </Badge>
      );
  }
}

function Result({ result }: { result: ToolResult }) {
  const blocks = blocksOf(result.content);
  const structured = result.structuredContent ?? null;
  const { resultType: type } = result as { resultType?: unknown };
  return (
    <>
      {typeof type === 'string' && type !== 'complete' && (
        <p>
          The server says <q>{type}</q>: it wants more before it answers, which the console cannot give.
        </p>
      )}
      {blocks.length === 0 && structured === null && <p className="text-muted">It answered with nothing.</p>}
      {blocks.map((block, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a result never changes.
        <BlockView key={place} block={block} />
      ))}
      {structured !== null && (
        <Labelled label="Structured content">
          <Text>{JSON.stringify(structured, null, 2)}</Text>
        </Labelled>
      )}
    </>
  );
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case 'text':
      return <Text>{block.text}</Text>;
    case 'image':
      return (
        <img
          src={block.address}
          alt={`Answered by the tool (${block.type})`}
          className="max-h-96 max-w-full"
        />
      );
    case 'resource':
      return (
        <Labelled label={`Resource ${block.name}${block.type === null ? '' : ` (${block.type})`}`}>
          <Text>{block.text}</Text>
        </Labelled>
      );
    case 'link':
      return (
        <Labelled label="Link to a resource">
          <p className="break-words">
            {block.isSafe ? (
              <a
                href={block.address}
                target="_blank"
                rel="noopener noreferrer"
                className="break-all underline underline-offset-2"
              >
                {block.name}
              </a>
            ) : (
              <>
                {block.name} <code className="break-all text-muted">{block.address}</code>
              </>
            )}
            {block.description !== null && <span className="text-muted"> {block.description}</span>}
          </p>
        </Labelled>
      );
    case 'bytes':
      return (
        <p className="break-words text-muted">
          {block.what} ({block.type}, {block.size.toLocaleString()} bytes): the console does not show this.
        </p>
      );
    case 'other':
      return (
        <Labelled label="A block of a kind that the console does not know">
          <Text>{block.json}</Text>
        </Labelled>
      );
  }
}

function Labelled({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <p className="break-all text-muted text-xs">{label}</p>
      {children}
    </div>
  );
}

function Text({ children }: { children: string }) {
  const [whole, setWhole] = useState(false);
  const isCut = !whole && children.length > AT_FIRST;
  return (
    <>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
        tabIndex={0}
        className="max-h-96 overflow-auto whitespace-pre-wrap break-words rounded bg-sunken px-3 py-2 font-mono text-ink text-xs"
      >
        {isCut ? children.slice(0, AT_FIRST) : children}
      </pre>
      {isCut && (
        <Button className="mt-2" onClick={() => setWhole(true)}>
          Show all {children.length.toLocaleString()} characters
        </Button>
      )}
    </>
  );
}

function duration(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
}
