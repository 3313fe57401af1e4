// Everything that is live, put together once: the stream tells the keeper what happens, and the cache of answers
// what has become old.

import type { QueryClient } from '@tanstack/react-query';
import { listInstances, readInstance } from '../api/instances';
import { affected } from './affected';
import { Keeper } from './keeper';
import { EventStream, type StreamState } from './stream';

/** A page that is hidden for so long gives its connection back. */
const REST_AFTER = 30_000;

export class Live {
  readonly keeper: Keeper;
  #stream: EventStream;
  #state: StreamState = { kind: 'connecting' };
  #listeners = new Set<() => void>();
  #stopped = new AbortController();

  constructor(client: QueryClient) {
    this.keeper = new Keeper({ list: listInstances, read: readInstance }, (events) => {
      for (const queryKey of affected(events)) void client.invalidateQueries({ queryKey });
    });
    let startedBefore = false;
    this.#stream = new EventStream({
      started: (revision) => {
        this.keeper.streamStarted(revision);
        // What makes no event may have changed while nobody listened.
        if (startedBefore) void client.invalidateQueries();
        startedBefore = true;
      },
      event: (event) => this.keeper.event(event),
      compacted: () => this.keeper.readAnew(),
      state: (state) => {
        this.#state = state;
        for (const listener of this.#listeners) listener();
      },
    });
  }

  start() {
    this.keeper.start();
    void this.#stream.run();
    const { signal } = this.#stopped;
    let hidden: ReturnType<typeof setTimeout> | undefined;
    const restIfHidden = () => {
      clearTimeout(hidden);
      if (document.hidden) hidden = setTimeout(() => this.#stream.rest(true), REST_AFTER);
      else this.#stream.rest(false);
    };
    restIfHidden();
    document.addEventListener('visibilitychange', restIfHidden, { signal });
    addEventListener('online', () => this.#stream.tryNow(), { signal });
    // A page that comes back from the browser's history has lost its connections.
    addEventListener('pageshow', (event) => event.persisted && this.#stream.tryNow(), { signal });
  }

  stop() {
    this.#stopped.abort();
    this.#stream.stop();
    this.keeper.stop();
  }

  get streamState(): StreamState {
    return this.#state;
  }

  tryNow() {
    this.#stream.tryNow();
  }

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };
}
