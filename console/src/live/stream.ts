// The event stream: keeps one connection to /mcp/events, and says at any time how it stands.
//
//   connecting ──> live ──> down ──(backoff, or "try now")──> live …
//                    └──> resting (nobody looks) ──> live …
//
// It goes on after the last event it saw. It knows nothing of what events mean.

import { Problem } from '../api/problem';
import type { InstanceEvent } from '../api/types';
import { backoff } from './backoff';
import { type Frame, FrameReader } from './frames';

/** Three heartbeats of the daemon's default: a connection that is silent for longer is taken for dead. */
const PATIENCE = 45_000;

export type StreamState =
  | { kind: 'connecting' }
  | { kind: 'live' }
  | { kind: 'resting' }
  | { kind: 'down'; since: number; reason: string; retryAt: number };

/** Who is told what comes. */
export interface Listener {
  /** A connection stands; every event after `revision` follows. */
  started(revision: number): void;
  event(event: InstanceEvent): void;
  /** The daemon does not have the events in between: everything must be read again. */
  compacted(): void;
  state(state: StreamState): void;
}

export class EventStream {
  #listener: Listener;
  #fetch: typeof fetch;
  #lastId: string | null = null;
  #stopped = new AbortController();
  #connection: AbortController | null = null;
  #resting = false;
  #wake: (() => void) | null = null;

  constructor(listener: Listener, fetcher: typeof fetch = (...request) => fetch(...request)) {
    this.#listener = listener;
    this.#fetch = fetcher;
  }

  /** Runs until it is stopped. */
  async run(): Promise<void> {
    let failures = 0;
    let downSince: number | null = null;
    this.#listener.state({ kind: 'connecting' });
    while (!this.#stopped.signal.aborted) {
      if (this.#resting) {
        this.#listener.state({ kind: 'resting' });
        await this.#sleep(null);
        continue;
      }
      const reason = await this.#connect(() => {
        failures = 0;
        downSince = null;
        this.#listener.state({ kind: 'live' });
      });
      if (this.#stopped.signal.aborted || this.#resting || reason === null) continue;
      failures += 1;
      downSince ??= Date.now();
      const delay = backoff(failures);
      this.#listener.state({ kind: 'down', since: downSince, reason, retryAt: Date.now() + delay });
      await this.#sleep(delay);
    }
  }

  stop() {
    this.#stopped.abort();
    this.#connection?.abort();
    this.#wake?.();
  }

  /** Does not wait any longer. */
  tryNow() {
    this.#wake?.();
  }

  /** A page nobody looks at gives its connection back: a browser has only six for one daemon. */
  rest(resting: boolean) {
    if (this.#resting === resting) return;
    this.#resting = resting;
    if (resting) this.#connection?.abort();
    this.#wake?.();
  }

  /** One connection, to its end: why it ended, or null if another may be opened at once. */
  async #connect(live: () => void): Promise<string | null> {
    const connection = new AbortController();
    this.#connection = connection;
    let silent = false;
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => {
        silent = true;
        connection.abort();
      }, PATIENCE);
    };
    try {
      heard();
      const headers: HeadersInit = { accept: 'text/event-stream' };
      if (this.#lastId !== null) headers['last-event-id'] = this.#lastId;
      const response = await this.#fetch('/mcp/events', {
        headers,
        cache: 'no-store',
        signal: connection.signal,
      });
      if (!response.ok || response.body === null) return await this.#refused(response);
      return await this.#follow(response.body, heard, live);
    } catch {
      if (silent) return `nothing was heard for ${PATIENCE / 1000} s`;
      return 'the connection to the daemon was lost';
    } finally {
      clearTimeout(watchdog);
      connection.abort();
    }
  }

  async #refused(response: Response): Promise<string | null> {
    const body: unknown = await response.json().catch(() => null);
    const problem = Problem.of(response.status, body);
    if (response.status === 410 && this.#lastId !== null) {
      this.#lastId = null;
      this.#listener.compacted();
      return null;
    }
    // A proxy answers for a daemon that is away: of that there is no more to say.
    return problem.body === null ? `the answer had the status ${response.status}` : problem.detail;
  }

  async #follow(
    body: ReadableStream<Uint8Array>,
    heard: () => void,
    live: () => void,
  ): Promise<string | null> {
    const frames = new FrameReader();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    let farewell: string | null = null;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return farewell ?? 'the daemon ended the connection';
      heard();
      for (const frame of frames.read(decoder.decode(value, { stream: true }))) {
        if (frame.event === 'end') farewell = this.#farewell(frame);
        else this.#frame(frame, live);
      }
      this.#lastId = frames.lastId ?? this.#lastId;
    }
  }

  #frame(frame: Frame, live: () => void) {
    if (frame.event === 'start') {
      const { revision } = JSON.parse(frame.data) as { revision: number };
      live();
      this.#listener.started(revision);
    } else {
      this.#listener.event(JSON.parse(frame.data) as InstanceEvent);
    }
  }

  #farewell(frame: Frame): string {
    const { reason, message } = JSON.parse(frame.data) as { reason: string; message: string };
    if (reason === 'revision_compacted') {
      this.#lastId = null;
      this.#listener.compacted();
    }
    return message;
  }

  #sleep(delay: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = delay === null ? undefined : setTimeout(resolve, delay);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
    });
  }
}
