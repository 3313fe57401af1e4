// The calls made from this page, newest first. They are held while the page is open and nowhere else; a page that is
// left ends what is under way.

import { useEffect, useState, useSyncExternalStore } from 'react';
import { Problem } from '../../api/problem';
import { callTool } from '../../api/tools';
import type { ToolResult } from '../../api/types';

/** Of one instance, all tools together. */
const AT_MOST = 20;

export interface Call {
  readonly number: number;
  readonly tool: string;
  /** The arguments as JSON text; null if a secret was among them. */
  readonly text: string | null;
  readonly begunAt: number;
  readonly outcome:
    | { kind: 'running' }
    | { kind: 'result'; result: ToolResult; took: number }
    | { kind: 'problem'; problem: Problem; took: number }
    | { kind: 'given-up'; took: number };
}

export class Calls {
  #id: string;
  #send: typeof callTool;
  #calls: readonly Call[] = [];
  #next = 1;
  #running = new Map<number, AbortController>();
  #listeners = new Set<() => void>();

  constructor(id: string, send: typeof callTool = callTool) {
    this.#id = id;
    this.#send = send;
  }

  get calls(): readonly Call[] {
    return this.#calls;
  }

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** `secret`: the arguments are not to be held any longer than it takes to send them. */
  async call(tool: string, text: string, secret: boolean): Promise<void> {
    const number = this.#next++;
    const controller = new AbortController();
    this.#running.set(number, controller);
    const begun = performance.now();
    const call: Call = {
      number,
      tool,
      text: secret ? null : text,
      begunAt: Date.now(),
      outcome: { kind: 'running' },
    };
    this.#publish([call, ...this.#calls].slice(0, AT_MOST));
    const took = () => performance.now() - begun;
    let outcome: Call['outcome'];
    try {
      const result = await this.#send(this.#id, tool, text, controller.signal);
      outcome = { kind: 'result', result, took: took() };
    } catch (thrown) {
      outcome = controller.signal.aborted
        ? { kind: 'given-up', took: took() }
        : { kind: 'problem', problem: Problem.from(thrown), took: took() };
    }
    this.#running.delete(number);
    this.#publish(this.#calls.map((one) => (one.number === number ? { ...one, outcome } : one)));
  }

  giveUp(number: number) {
    this.#running.get(number)?.abort();
  }

  giveUpAll() {
    for (const controller of this.#running.values()) controller.abort();
  }

  #publish(calls: readonly Call[]) {
    this.#calls = calls;
    for (const listener of this.#listeners) listener();
  }
}

/** Whether the tool may have run although no result came, and no problem of the daemon says so. */
export function mayHaveRun(outcome: Call['outcome']): boolean {
  if (outcome.kind === 'given-up') return true;
  return outcome.kind === 'problem' && ['unreachable', 'foreign_answer'].includes(outcome.problem.code);
}

export function useCalls(id: string): Calls {
  const [calls] = useState(() => new Calls(id));
  useEffect(() => () => calls.giveUpAll(), [calls]);
  return calls;
}

export function useMade(calls: Calls): readonly Call[] {
  return useSyncExternalStore(calls.subscribe, () => calls.calls);
}
