import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as bulks from '../api/bulk';
import * as instances from '../api/instances';
import { Problem } from '../api/problem';
import type { Bulk, BulkItem } from '../api/types';
import { instance } from '../testing/samples';
import { currentJobs, dismissJob, startJob } from './jobs';

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
  deleteMany.mockRejectedValueOnce(Problem.unreachable());
  deleteMany.mockImplementation(async (ids) => bulk('finished', ids, 'done'));
  await startJob('delete', named(...Array.from({ length: 501 }, (_, at) => String(at))));
  expect(currentJobs()[0]?.items[0]).toMatchObject({ state: 'refused', problem: { code: 'unreachable' } });
  expect(states()?.at(-1)).toBe('done');
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

test('who dismisses a job ends the looking, not what was asked', async () => {
  deleteMany.mockImplementation(async (ids) => bulk('working', ids, 'accepted'));
  readBulk.mockResolvedValue(bulk('working', [], 'accepted'));
  const work = startJob('delete', named(...Array.from({ length: 501 }, (_, at) => String(at))));
  await vi.advanceTimersByTimeAsync(0);
  dismissJob(currentJobs()[0]?.number ?? 0);
  await vi.advanceTimersByTimeAsync(1_000);
  await work;
  expect(deleteMany).toHaveBeenCalledTimes(2);
  expect(readBulk).toHaveBeenCalledTimes(1);
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
