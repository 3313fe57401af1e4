import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as bulks from '../api/bulk';
import * as instances from '../api/instances';
import { Problem } from '../api/problem';
import type { Bulk, BulkItem } from '../api/types';
import { instance } from '../testing/samples';
import { currentJobs, dismissJob, foremost, type JobItem, startJob } from './jobs';

vi.mock('../api/bulk');
vi.mock('../api/instances');

const deleteMany = vi.mocked(bulks.deleteMany);
const readBulk = vi.mocked(bulks.readBulk);
const retryInstance = vi.mocked(instances.retryInstance);

function bulk(status: Bulk['status'], ids: string[], of: BulkItem['status']): Bulk {
  const items = ids.map((id, index): BulkItem => {
    return { index, op: 'delete', name: `name-${id}`, id, status: of, problem: null };
  });
  const counts = { total: ids.length, pending: 0, accepted: 0, done: 0, failed: 0, refused: 0 };
  return { id: 'bulk', dry_run: false, status, created_at: null, finished_at: null, counts, items };
}

const named = (...ids: string[]) => ids.map((id) => ({ id, name: `name-${id}` }));
const states = () => currentJobs()[0]?.items.map(({ state }) => state);

function problem(code: string, retryable: boolean) {
  return { code, title: code, detail: code, remedy: '', retryable };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  for (const { number } of currentJobs()) dismissJob(number);
  vi.useRealTimers();
  vi.resetAllMocks();
});

test('each item has its own result, which follows the bulk to its end', async () => {
  deleteMany.mockResolvedValue(bulk('working', ['a', 'b'], 'accepted'));
  readBulk.mockResolvedValue(bulk('finished', ['a', 'b'], 'done'));
  const work = startJob('delete', named('a', 'b'));
  expect(states()).toEqual(['waiting', 'waiting']);
  await vi.advanceTimersByTimeAsync(0);
  expect(states()).toEqual(['accepted', 'accepted']);
  expect(currentJobs()[0]?.finished).toBe(false);
  await vi.advanceTimersByTimeAsync(1_000);
  await work;
  expect(states()).toEqual(['done', 'done']);
  expect(currentJobs()[0]?.finished).toBe(true);
});

test('more than a bulk takes is several, one after another', async () => {
  deleteMany.mockImplementation(async (ids) => bulk('finished', ids, 'done'));
  await startJob('delete', named(...Array.from({ length: 1_100 }, (_, at) => String(at))));
  expect(deleteMany.mock.calls.map(([ids]) => ids.length)).toEqual([500, 500, 100]);
  expect(new Set(states())).toEqual(new Set(['done']));
});

test('a bulk that is refused refuses its own items, with the reason, and the next one goes on', async () => {
  deleteMany.mockRejectedValueOnce(Problem.of(422, problem('invalid_request', false)));
  deleteMany.mockImplementation(async (ids) => bulk('finished', ids, 'done'));
  await startJob('delete', named(...Array.from({ length: 501 }, (_, at) => String(at))));
  expect(currentJobs()[0]?.items[0]).toMatchObject({
    state: 'refused',
    problem: { code: 'invalid_request' },
  });
  expect(states()?.at(-1)).toBe('done');
});

test('an answer that was lost is asked for with the same key, and another part has another', async () => {
  deleteMany.mockRejectedValueOnce(Problem.unreachable());
  deleteMany.mockImplementation(async (ids) => bulk('finished', ids, 'done'));
  const work = startJob('delete', named(...Array.from({ length: 501 }, (_, at) => String(at))));
  await vi.advanceTimersByTimeAsync(0);
  expect(currentJobs()[0]?.held?.code).toBe('unreachable');
  expect(new Set(states())).toEqual(new Set(['waiting']));
  await vi.advanceTimersByTimeAsync(500);
  await work;
  const [first, again, other] = deleteMany.mock.calls.map(([, key]) => key);
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(again).toBe(first);
  expect(other).not.toBe(first);
  expect(new Set(states())).toEqual(new Set(['done']));
  expect(currentJobs()[0]?.held).toBeNull();
});

test('a daemon that is busy is asked again after the time it says', async () => {
  deleteMany.mockRejectedValueOnce(Problem.of(503, problem('busy', true), '5'));
  deleteMany.mockImplementation(async (ids) => bulk('finished', ids, 'done'));
  const work = startJob('delete', named('a'));
  await vi.advanceTimersByTimeAsync(4_999);
  expect(deleteMany).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  await work;
  expect(deleteMany).toHaveBeenCalledTimes(2);
  expect(states()).toEqual(['done']);
});

test('a daemon that is away for a while only holds the job up', async () => {
  deleteMany.mockResolvedValue(bulk('working', ['a'], 'accepted'));
  readBulk.mockRejectedValueOnce(Problem.unreachable());
  readBulk.mockResolvedValue(bulk('finished', ['a'], 'done'));
  const work = startJob('delete', named('a'));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(currentJobs()[0]?.held?.code).toBe('unreachable');
  expect(states()).toEqual(['accepted']);
  await vi.advanceTimersByTimeAsync(3_000);
  await work;
  expect(currentJobs()[0]).toMatchObject({ finished: true, held: null });
});

test('who dismisses a job ends the looking; what was asked goes on, part after part', async () => {
  deleteMany.mockImplementation(async (ids) => bulk('working', ids, 'accepted'));
  readBulk.mockResolvedValueOnce(bulk('working', [], 'accepted'));
  readBulk.mockResolvedValue(bulk('finished', [], 'accepted'));
  const work = startJob('delete', named(...Array.from({ length: 501 }, (_, at) => String(at))));
  await vi.advanceTimersByTimeAsync(0);
  dismissJob(currentJobs()[0]?.number ?? 0);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(deleteMany).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1_000);
  await work;
  expect(deleteMany).toHaveBeenCalledTimes(2);
  // The last part is not looked at.
  expect(readBulk).toHaveBeenCalledTimes(2);
});

test('whoever leaves the page while parts wait is asked, and not any more when all were asked for', async () => {
  const guards = new Set<unknown>();
  vi.stubGlobal('addEventListener', (_type: string, guard: unknown) => guards.add(guard));
  vi.stubGlobal('removeEventListener', (_type: string, guard: unknown) => guards.delete(guard));
  deleteMany.mockImplementation(async (ids) => bulk('working', ids, 'accepted'));
  readBulk.mockResolvedValueOnce(bulk('finished', [], 'accepted'));
  readBulk.mockResolvedValue(bulk('working', [], 'accepted'));
  const work = startJob('delete', named(...Array.from({ length: 501 }, (_, at) => String(at))));
  await vi.advanceTimersByTimeAsync(500);
  expect(guards.size).toBe(1);
  await vi.advanceTimersByTimeAsync(500);
  expect(deleteMany).toHaveBeenCalledTimes(2);
  expect(guards.size).toBe(0);
  dismissJob(currentJobs()[0]?.number ?? 0);
  await vi.advanceTimersByTimeAsync(1_000);
  await work;
  vi.unstubAllGlobals();
});

test('each is retried once, a few at a time, and one that is refused says why', async () => {
  let out = 0;
  let most = 0;
  retryInstance.mockImplementation(async (id) => {
    out += 1;
    most = Math.max(most, out);
    await new Promise((resolve) => setTimeout(resolve, 10));
    out -= 1;
    if (id === '7') throw Problem.of(409, null);
    return instance(id);
  });
  const work = startJob('retry', named(...Array.from({ length: 20 }, (_, at) => String(at))));
  await vi.advanceTimersByTimeAsync(1_000);
  await work;
  expect(retryInstance).toHaveBeenCalledTimes(20);
  expect(most).toBe(6);
  expect(states()?.filter((state) => state === 'accepted').length).toBe(19);
  expect(currentJobs()[0]?.items[7]).toMatchObject({ state: 'refused', problem: { status: 409 } });
});

test('one that is busy is tried again, and one whose first answer was lost is no refusal', async () => {
  retryInstance.mockRejectedValueOnce(Problem.of(503, problem('busy', true), '1'));
  retryInstance.mockRejectedValueOnce(Problem.unreachable());
  retryInstance.mockImplementation(async (id) => {
    if (id === 'b') throw Problem.of(409, problem('phase_refuses', false));
    return instance(id);
  });
  const work = startJob('retry', named('a', 'b', 'c'));
  await vi.advanceTimersByTimeAsync(1_000);
  await work;
  expect(states()).toEqual(['accepted', 'accepted', 'accepted']);
  expect(retryInstance).toHaveBeenCalledTimes(5);
});

test('what went wrong is drawn first, and no more than asked for', () => {
  const item = (id: string, state: JobItem['state']): JobItem => ({ id, name: id, state, problem: null });
  const items = [item('a', 'done'), item('b', 'failed'), item('c', 'done'), item('d', 'refused')];
  expect(foremost(items, 3).map(({ id }) => id)).toEqual(['b', 'd', 'a']);
});
