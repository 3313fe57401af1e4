import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LogFollower } from './follower';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const frame = (event: string, data: unknown) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
const line = (text: string) => frame('line', { at: null, source: 'stdout', text });
const stream = (...frames: string[]) => new Response(frames.join(''));
const gone = frame('end', { reason: 'gone', message: 'the instance is gone', remedy: '' });
const refusal = (status: number, code: string, retryable: boolean) =>
  new Response(JSON.stringify({ code, title: 't', detail: 'd', remedy: 'r', retryable }), { status });

function follower(...answers: Response[]) {
  const fetcher = vi.fn(async () => {
    const answer = answers.shift();
    if (answer === undefined) throw new TypeError('no more answers');
    return answer;
  });
  const follower = new LogFollower('1', fetcher);
  const texts = () =>
    follower.followed.lines.entries.map((entry) => (entry.kind === 'line' ? entry.line.text : entry.kind));
  return { follower, fetcher, texts };
}

test('a log ends with its instance, and what was written stays', async () => {
  const { follower: one, texts, fetcher } = follower(stream(line('last words'), gone));
  await one.start();
  expect(one.followed.state).toMatchObject({ kind: 'ended', reason: 'gone' });
  expect(texts()).toEqual(['last words']);
  expect(fetcher).toHaveBeenCalledTimes(1);
});

test('after a lost connection the newest lines take the place of those before', async () => {
  const { follower: one, texts } = follower(stream(line('a')), stream(line('a'), line('b'), gone));
  const following = one.start();
  await vi.advanceTimersByTimeAsync(20);
  expect(one.followed.state.kind).toBe('lost');
  expect(texts()).toEqual(['a']);
  await vi.advanceTimersByTimeAsync(20_000);
  await following;
  expect(texts()).toEqual(['a', 'b']);
});

test('what may go well later is tried again, and what will not is told', async () => {
  const later = follower(refusal(503, 'provisioner_unavailable', true), stream(line('a'), gone));
  const following = later.follower.start();
  await vi.advanceTimersByTimeAsync(20_000);
  await following;
  expect(later.texts()).toEqual(['a']);

  const never = follower(refusal(404, 'instance_not_found', false));
  await never.follower.start();
  expect(never.follower.followed.state).toMatchObject({ kind: 'refused', problem: { status: 404 } });
});

test('frames of a kind that is not known are left out', async () => {
  const { follower: one, texts } = follower(stream(frame('smoke', {}), line('a'), gone));
  await one.start();
  expect(texts()).toEqual(['a']);
});

test('a log that nobody looks at rests, and is read anew when somebody does', async () => {
  const open = new Response(
    new ReadableStream({ start: (c) => c.enqueue(new TextEncoder().encode(line('a'))) }),
  );
  const { follower: one, texts } = follower(open, stream(line('b'), gone));
  void one.start();
  await vi.advanceTimersByTimeAsync(20);
  one.rest();
  expect(one.followed.state.kind).toBe('resting');
  one.wake();
  await vi.advanceTimersByTimeAsync(20);
  expect(texts()).toEqual(['b']);
});

test('after a pause nothing is of before the connection, and what came is counted on over the next', async () => {
  const open = new Response(
    new ReadableStream({
      start: (c) => {
        c.enqueue(new TextEncoder().encode(line('a') + line('b')));
        setTimeout(() => c.enqueue(new TextEncoder().encode(line('c'))), 1_000);
      },
    }),
  );
  const { follower: one } = follower(open, stream(line('c'), gone));
  void one.start();
  await vi.advanceTimersByTimeAsync(1_100);
  expect(one.followed.lines).toMatchObject({ came: 3, tail: 2 });
  one.rest();
  one.wake();
  await vi.advanceTimersByTimeAsync(20);
  expect(one.followed.lines).toMatchObject({ came: 4, tail: 1 });
});
