import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Problem } from '../api/problem';
import type { Instance, InstanceList } from '../api/types';
import { event, instance, page } from '../testing/samples';
import { Keeper } from './keeper';

let pages: InstanceList[];
let records: Map<string, Instance>;
let asked: string[];
let keeper: Keeper;

const source = {
  list: async (cursor: string | null) => {
    asked.push(`list ${cursor ?? ''}`.trim());
    const at = cursor === null ? 0 : Number(cursor);
    const found = pages[at];
    if (found === undefined) throw Problem.unreachable();
    return found;
  },
  read: async (id: string) => {
    asked.push(id);
    const found = records.get(id);
    if (found === undefined) throw Problem.of(404, null);
    return found;
  },
};

beforeEach(() => {
  vi.useFakeTimers();
  pages = [page(10, [instance('a'), instance('b')], '1'), page(10, [instance('c')])];
  records = new Map();
  asked = [];
  keeper = new Keeper(source, () => {});
  keeper.start();
});

afterEach(() => {
  keeper.stop();
  vi.useRealTimers();
});

const after = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

test('it begins with every page', async () => {
  await after(0);
  expect(asked).toEqual(['list', 'list 1']);
  expect([...keeper.roster.records.keys()]).toEqual(['a', 'b', 'c']);
  expect(keeper.roster.complete).toBe(true);
});

test('many events of one instance are one request', async () => {
  await after(0);
  asked = [];
  records.set('a', instance('a', { revision: 30, labels: { read: 'yes' } }));
  for (let revision = 11; revision <= 30; revision += 1) keeper.event(event(revision, 'a', 'unhealthy'));
  await after(300);
  expect(asked).toEqual(['a']);
  expect(keeper.roster.records.get('a')?.labels).toEqual({ read: 'yes' });
});

test('a flood of events is one listing', async () => {
  await after(0);
  asked = [];
  pages = [page(500, [instance('a', { revision: 500 })])];
  for (let at = 0; at < 400; at += 1) keeper.event(event(100 + at, `id-${at}`, 'creating'));
  await after(300);
  expect(asked).toEqual(['list']);
});

test('what cannot be read now is read later, and the problem is told meanwhile', async () => {
  await after(0);
  const whole = pages;
  pages = [];
  keeper.readAll();
  await after(0);
  expect(keeper.problem?.code).toBe('unreachable');
  expect(keeper.roster.records.size).toBe(3);
  pages = whole;
  await after(3_000);
  expect(keeper.problem).toBeNull();
});

test('an instance that is not found any more is dropped', async () => {
  await after(0);
  keeper.event(event(11, 'b', 'deleting'));
  await after(300);
  expect([...keeper.roster.records.keys()]).toEqual(['a', 'c']);
});

test('a stream that starts later than the listing means that it is read again', async () => {
  await after(0);
  asked = [];
  keeper.streamStarted(10);
  await after(300);
  expect(asked).toEqual([]);
  keeper.streamStarted(12);
  await after(300);
  expect(asked).toEqual(['list', 'list 1']);
});

test('a change between the pages of a listing is not missed when the stream starts after it', async () => {
  pages = [page(10, [instance('a')], '1'), page(14, [instance('b')])];
  await after(0);
  asked = [];
  keeper.streamStarted(14);
  await after(300);
  expect(asked).toEqual(['list', 'list 1']);
});

test('an event shows its status while an answer is long on its way', async () => {
  await after(0);
  let answer = (_record: Instance) => {};
  const read = vi.spyOn(source, 'read').mockImplementation(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  keeper.event(event(11, 'a', 'unhealthy'));
  await after(250);
  keeper.event(event(12, 'b', 'recovering'));
  await after(250);
  expect(keeper.roster.records.get('b')?.status).toBe('recovering');
  read.mockRestore();
  records.set('b', instance('b', { revision: 12, status: 'recovering', labels: { read: 'yes' } }));
  answer(instance('a', { revision: 11, status: 'unhealthy' }));
  await after(300);
  expect(keeper.roster.records.get('b')?.labels).toEqual({ read: 'yes' });
});

test('an event that comes while all is read anew is not lost in what is forgotten', async () => {
  await after(0);
  let answer = (_page: InstanceList) => {};
  const list = vi.spyOn(source, 'list').mockImplementation(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  keeper.readAnew();
  await after(0);
  keeper.event(event(3, 'a', 'unhealthy'));
  await after(500);
  list.mockRestore();
  answer(page(2, [instance('a', { revision: 2 })]));
  await after(0);
  expect(keeper.roster.records.get('a')?.status).toBe('unhealthy');
});

test('a store that is another replaces what was known', async () => {
  await after(0);
  pages = [page(2, [instance('z')])];
  keeper.readAnew();
  await after(300);
  expect([...keeper.roster.records.keys()]).toEqual(['z']);
  expect(keeper.roster.revision).toBe(2);
});
