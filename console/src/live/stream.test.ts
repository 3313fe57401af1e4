import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { InstanceEvent } from '../api/types';
import { event } from '../testing/samples';
import { EventStream, type StreamState } from './stream';

/** A daemon whose connections the test holds in its hand. */
class FakeDaemon {
  readonly resumedFrom: (string | null)[] = [];
  refusal: Response | null = null;
  #controllers: ReadableStreamDefaultController<Uint8Array>[] = [];

  fetch: typeof fetch = async (_input, init) => {
    this.resumedFrom.push(new Headers(init?.headers).get('last-event-id'));
    if (this.refusal !== null) {
      const refusal = this.refusal;
      this.refusal = null;
      return refusal;
    }
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controllers.push(controller);
        init?.signal?.addEventListener('abort', () => {
          try {
            controller.error(new DOMException('gone', 'AbortError'));
          } catch {
            // It was closed before.
          }
        });
      },
    });
    return new Response(body);
  };

  say(text: string) {
    this.#controllers.at(-1)?.enqueue(new TextEncoder().encode(text));
  }

  start(revision: number) {
    this.say(`event: start\ndata: {"revision":${revision}}\nid: ${revision}\n\n`);
  }

  tell(revision: number) {
    this.say(`event: became-healthy\ndata: ${JSON.stringify(event(revision, 'a'))}\nid: ${revision}\n\n`);
  }

  hangUp() {
    this.#controllers.at(-1)?.close();
  }
}

const stopping =
  'event: end\ndata: {"reason":"stopping","message":"the daemon stops","remedy":"connect again"}\n\n';

let daemon: FakeDaemon;
let states: StreamState[];
let revisions: number[];
let starts: number[];
let compacted: number;
let stream: EventStream;

beforeEach(() => {
  vi.useFakeTimers();
  daemon = new FakeDaemon();
  states = [];
  revisions = [];
  starts = [];
  compacted = 0;
  stream = new EventStream(
    {
      started: (revision) => starts.push(revision),
      event: (happened: InstanceEvent) => revisions.push(happened.revision),
      compacted: () => {
        compacted += 1;
      },
      state: (state) => states.push(state),
    },
    daemon.fetch,
  );
  void stream.run();
});

afterEach(() => {
  stream.stop();
  vi.useRealTimers();
});

const settle = () => vi.advanceTimersByTimeAsync(0);

test('it is live when the daemon says where it starts, not when it merely answers', async () => {
  await settle();
  expect(states.map(({ kind }) => kind)).toEqual(['connecting']);
  daemon.start(7);
  daemon.tell(8);
  await settle();
  expect(states.at(-1)).toEqual({ kind: 'live' });
  expect(starts).toEqual([7]);
  expect(revisions).toEqual([8]);
});

test('it goes on after the last event when the daemon was restarted, and tells since when it was away', async () => {
  await settle();
  daemon.start(7);
  daemon.tell(8);
  daemon.say(stopping);
  daemon.hangUp();
  await settle();
  const down = states.at(-1);
  expect(down).toMatchObject({ kind: 'down', reason: 'the daemon stops' });
  await vi.advanceTimersByTimeAsync(500);
  daemon.start(8);
  await settle();
  expect(daemon.resumedFrom).toEqual([null, '8']);
  expect(states.at(-1)).toEqual({ kind: 'live' });
});

test('the outage began once, however often it is tried again', async () => {
  await settle();
  daemon.start(1);
  daemon.hangUp();
  await settle();
  const first = states.at(-1);
  daemon.refusal = new Response(null, { status: 502 });
  await vi.advanceTimersByTimeAsync(500);
  const second = states.at(-1);
  if (first?.kind !== 'down' || second?.kind !== 'down') throw new Error('it should be down');
  expect(second.since).toBe(first.since);
  expect(second.retryAt).toBeGreaterThan(first.retryAt);
});

test('a silent connection is taken for dead', async () => {
  await settle();
  daemon.start(1);
  await settle();
  await vi.advanceTimersByTimeAsync(44_000);
  daemon.say(': heartbeat\nid: 5\n\n');
  await vi.advanceTimersByTimeAsync(44_000);
  expect(states.at(-1)?.kind).toBe('live');
  await vi.advanceTimersByTimeAsync(1_001);
  expect(states.at(-1)).toMatchObject({ kind: 'down', reason: 'nothing was heard for 45 s' });
  await vi.advanceTimersByTimeAsync(500);
  expect(daemon.resumedFrom).toEqual([null, '5']);
});

test('events that are not kept any more mean that all is read again', async () => {
  await settle();
  daemon.start(7);
  daemon.hangUp();
  await settle();
  daemon.refusal = new Response('{"code":"revision_compacted"}', { status: 410 });
  await vi.advanceTimersByTimeAsync(500);
  expect(compacted).toBe(1);
  expect(daemon.resumedFrom).toEqual([null, '7', null]);
});

test('"try now" does not wait', async () => {
  await settle();
  daemon.hangUp();
  await settle();
  expect(daemon.resumedFrom.length).toBe(1);
  stream.tryNow();
  await settle();
  expect(daemon.resumedFrom.length).toBe(2);
});

test('a page that rests gives its connection back, and goes on where it was', async () => {
  await settle();
  daemon.start(3);
  await settle();
  stream.rest(true);
  await settle();
  expect(states.at(-1)).toEqual({ kind: 'resting' });
  await vi.advanceTimersByTimeAsync(600_000);
  expect(daemon.resumedFrom).toEqual([null]);
  stream.rest(false);
  await settle();
  expect(daemon.resumedFrom).toEqual([null, '3']);
});
