// Follows the log of one instance: keeps a connection, and holds the newest lines. After a connection was lost the
// newest lines are read anew and take the place of those before, since lines have no numbers to go on from.

import { Problem } from '../../api/problem';
import type { LogInterruption, LogLine, LogWorkload, StreamEnd } from '../../api/types';
import { backoff } from '../../live/backoff';
import { type Frame, FrameReader } from '../../live/frames';
import { add, anew, type Entry, type Lines, NONE, TAIL } from './lines';

/** Three heartbeats of the daemon's default. */
const PATIENCE = 45_000;

/** What was written before a connection comes in one go: after such a pause it is over. */
const PAUSE = 500;

export type FollowState =
  | { kind: 'connecting' }
  | { kind: 'following' }
  | { kind: 'resting' }
  /** It is tried again by itself. */
  | { kind: 'lost'; reason: string }
  | { kind: 'ended'; reason: string; message: string; remedy: string }
  | { kind: 'refused'; problem: Problem };

export interface Followed {
  readonly state: FollowState;
  readonly lines: Lines;
}

export class LogFollower {
  #address: string;
  #fetch: typeof fetch;
  #followed: Followed = { state: { kind: 'connecting' }, lines: NONE };
  #listeners = new Set<() => void>();
  #running: AbortController | null = null;
  #key = 0;
  #fresh = true;

  constructor(id: string, fetcher: typeof fetch = (...request) => fetch(...request)) {
    this.#address = `/mcp/instances/${encodeURIComponent(id)}/logs?follow=true&tail=${TAIL}`;
    this.#fetch = fetcher;
  }

  get followed(): Followed {
    return this.#followed;
  }

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Follows until it is stopped or there is nothing more to come. */
  async start(): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    let failures = 0;
    while (!running.signal.aborted) {
      if (failures === 0) this.#publish({ state: { kind: 'connecting' } });
      const state = await this.#connect(running, () => {
        failures = 0;
      });
      if (running.signal.aborted) return;
      this.#publish({ state });
      if (state.kind !== 'lost') return;
      failures += 1;
      await pause(backoff(failures), running.signal);
    }
  }

  /** What is shown stays. */
  stop() {
    this.#running?.abort();
    this.#running = null;
  }

  /** A page that nobody looks at gives its connection back: a browser has only six for one daemon. */
  rest() {
    if (this.#running === null || isOver(this.#followed.state)) return;
    this.stop();
    this.#publish({ state: { kind: 'resting' } });
  }

  wake() {
    if (this.#followed.state.kind === 'resting') void this.start();
  }

  #publish(change: Partial<Followed>) {
    this.#followed = { ...this.#followed, ...change };
    for (const listener of this.#listeners) listener();
  }

  /** One connection, to its end. */
  async #connect(running: AbortController, follows: () => void): Promise<FollowState> {
    const connection = new AbortController();
    const end = () => connection.abort();
    running.signal.addEventListener('abort', end);
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(end, PATIENCE);
    };
    try {
      heard();
      const response = await this.#fetch(this.#address, {
        headers: { accept: 'text/event-stream' },
        cache: 'no-store',
        signal: connection.signal,
      });
      if (!response.ok || response.body === null) {
        const problem = Problem.of(response.status, await response.json().catch(() => null));
        if (!problem.retryable) return { kind: 'refused', problem };
        // A proxy answers for a daemon that is away: of that there is no more to say.
        const reason =
          problem.body === null ? `the answer had the status ${response.status}` : problem.detail;
        return { kind: 'lost', reason };
      }
      this.#fresh = true;
      // By the daemon's clock, as the lines' times are; without it the pause has to do.
      const date = Date.parse(response.headers.get('date') ?? '');
      const began = Number.isNaN(date) ? Number.POSITIVE_INFINITY : date;
      return await this.#follow(response.body, began, running.signal, heard, follows);
    } catch {
      return { kind: 'lost', reason: 'the connection to the daemon was lost' };
    } finally {
      clearTimeout(watchdog);
      running.signal.removeEventListener('abort', end);
      connection.abort();
    }
  }

  async #follow(
    body: ReadableStream<Uint8Array>,
    began: number,
    stopped: AbortSignal,
    heard: () => void,
    follows: () => void,
  ): Promise<FollowState> {
    const frames = new FrameReader();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    let end: StreamEnd | null = null;
    let isTail = true;
    for (;;) {
      const asked = Date.now();
      const { value, done } = await reader.read();
      if (done || stopped.aborted) break;
      heard();
      follows();
      const entries: Entry[] = [];
      for (const frame of frames.read(decoder.decode(value, { stream: true }))) {
        if (frame.event === 'end') end = JSON.parse(frame.data) as StreamEnd;
        else entries.push(...this.#entry(frame));
      }
      const before = this.#fresh ? anew(this.#followed.lines) : this.#followed.lines;
      this.#fresh = false;
      if (before.tail > 0 && Date.now() - asked > PAUSE) isTail = false;
      this.#publish({ state: { kind: 'following' }, lines: add(before, entries, isTail ? began : null) });
    }
    if (end === null || end.reason === 'stopping' || end.reason === 'lagged') {
      return { kind: 'lost', reason: end?.message ?? 'the daemon ended the connection' };
    }
    return { kind: 'ended', ...end };
  }

  /** Frames of a kind that is newer than this console are left out. */
  #entry({ event, data }: Frame): Entry[] {
    const key = this.#key++;
    switch (event) {
      case 'line':
        return [{ key, kind: 'line', line: JSON.parse(data) as LogLine }];
      case 'workload':
        return [{ key, kind: 'workload', workload: JSON.parse(data) as LogWorkload }];
      case 'interrupted':
        return [{ key, kind: 'interrupted', message: (JSON.parse(data) as LogInterruption).message }];
      default:
        return [];
    }
  }
}

/** Whether nothing more comes by itself. */
export function isOver({ kind }: FollowState): boolean {
  return kind === 'ended' || kind === 'refused';
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
