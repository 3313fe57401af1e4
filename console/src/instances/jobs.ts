// Jobs: what was asked for many instances at once, with a result for each. They go on while other pages are shown,
// and stay until they are dismissed, which ends the looking and not what was asked. Deleting is a bulk of the API;
// there is none for retrying, so that is one request each, a few at a time.

import { useSyncExternalStore } from 'react';
import { deleteMany, readBulk } from '../api/bulk';
import { retryInstance } from '../api/instances';
import { Problem } from '../api/problem';
import type { Bulk, BulkItem, ProblemBody } from '../api/types';

export interface JobItem {
  readonly id: string;
  readonly name: string;
  /** `waiting` is ours: the daemon was not asked yet. The others are the API's. */
  readonly state: 'waiting' | BulkItem['status'];
  readonly problem: Problem | null;
}

export interface Job {
  readonly number: number;
  readonly act: 'delete' | 'retry';
  readonly items: readonly JobItem[];
  readonly finished: boolean;
  /** Why nothing is heard of it at the moment; it goes on by itself. */
  readonly held: Problem | null;
}

/** The daemon takes 1,000 items in a bulk unless it is told otherwise. */
const AT_ONCE = 500;
const LOOK_AGAIN = 1_000;
const HANDS = 6;

let jobs: readonly Job[] = [];
let next = 1;
const listeners = new Set<() => void>();

export function currentJobs(): readonly Job[] {
  return jobs;
}

export function useJobs(): readonly Job[] {
  return useSyncExternalStore(subscribe, currentJobs);
}

export function dismissJob(number: number) {
  publish(jobs.filter((job) => job.number !== number));
}

export function startJob(act: Job['act'], instances: readonly { id: string; name: string }[]): Promise<void> {
  const number = next++;
  const items = instances.map(({ id, name }): JobItem => ({ id, name, state: 'waiting', problem: null }));
  publish([{ number, act, items, finished: false, held: null }, ...jobs]);
  const work = act === 'delete' ? deleteAll(number, items) : retryAll(number, items);
  return work.then(() => change(number, (job) => ({ ...job, finished: true, held: null })));
}

async function deleteAll(number: number, items: readonly JobItem[]): Promise<void> {
  for (let start = 0; start < items.length; start += AT_ONCE) {
    const part = items.slice(start, start + AT_ONCE);
    try {
      let bulk = await deleteMany(part.map(({ id }) => id));
      for (;;) {
        show(number, start, bulk);
        if (bulk.status === 'finished' || bulk.id === null || !isShown(number)) break;
        await pause(LOOK_AGAIN);
        bulk = await look(number, bulk.id);
      }
    } catch (thrown) {
      const problem = Problem.from(thrown);
      settle(number, start, part.length, (item) =>
        item.state === 'waiting' || item.state === 'pending' ? { ...item, state: 'refused', problem } : item,
      );
    }
  }
}

/** The daemon keeps a bulk over a restart, so that to be out of reach for a while is only a pause. */
async function look(number: number, id: string): Promise<Bulk> {
  for (;;) {
    try {
      const bulk = await readBulk(id);
      change(number, (job) => ({ ...job, held: null }));
      return bulk;
    } catch (thrown) {
      const problem = Problem.from(thrown);
      if (!problem.retryable) throw problem;
      change(number, (job) => ({ ...job, held: problem }));
      await pause(3 * LOOK_AGAIN);
    }
  }
}

function show(number: number, start: number, bulk: Bulk) {
  settle(number, start, bulk.items.length, (item, place) => {
    const { status, problem } = bulk.items[place] ?? { status: item.state, problem: null };
    return { ...item, state: status, problem: problem === null ? null : asProblem(problem) };
  });
}

async function retryAll(number: number, items: readonly JobItem[]): Promise<void> {
  const places = items.keys();
  const hand = async () => {
    for (const place of places) {
      const id = items[place]?.id ?? '';
      let result: Pick<JobItem, 'state' | 'problem'>;
      try {
        await retryInstance(id);
        result = { state: 'accepted', problem: null };
      } catch (thrown) {
        result = { state: 'refused', problem: Problem.from(thrown) };
      }
      settle(number, place, 1, (item) => ({ ...item, ...result }));
    }
  };
  await Promise.all(Array.from({ length: HANDS }, hand));
}

function asProblem(body: ProblemBody): Problem {
  return Problem.of(body.status, body);
}

function settle(number: number, start: number, count: number, to: (item: JobItem, place: number) => JobItem) {
  change(number, (job) => ({
    ...job,
    items: job.items.map((item, at) => (at >= start && at < start + count ? to(item, at - start) : item)),
  }));
}

function change(number: number, to: (job: Job) => Job) {
  publish(jobs.map((job) => (job.number === number ? to(job) : job)));
}

function isShown(number: number): boolean {
  return jobs.some((job) => job.number === number);
}

function publish(now: readonly Job[]) {
  jobs = now;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
