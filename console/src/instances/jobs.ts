// Jobs: what was asked for many instances at once, with a result for each. They go on while other pages are shown,
// and stay until they are dismissed, which ends the looking and not what was asked. Deleting is a bulk of the API;
// there is none for retrying, so that is one request each, a few at a time.

import { useSyncExternalStore } from 'react';
import { deleteMany, readBulk } from '../api/bulk';
import { freshKey } from '../api/fresh-key';
import { retryInstance } from '../api/instances';
import { Problem } from '../api/problem';
import type { Bulk, BulkItem, ProblemBody } from '../api/types';
import { backoff } from '../live/backoff';

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
/** Whoever looks is told no more often than this. */
const TELL = 250;

let jobs: readonly Job[] = [];
let next = 1;
const listeners = new Set<() => void>();
let told = 0;
let tellLater: ReturnType<typeof setTimeout> | null = null;
/** The jobs that the daemon has not yet been asked all of: they end with this page. */
const unasked = new Set<number>();

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
  toAsk(number);
  const work = act === 'delete' ? deleteAll(number, items) : retryAll(number, items);
  return work.then(() => {
    asked(number);
    publish(jobs.map((job) => (job.number === number ? { ...job, finished: true, held: null } : job)));
  });
}

/** Part after part, also when nobody looks any more: what one part holds up must not come all at once. */
async function deleteAll(number: number, items: readonly JobItem[]): Promise<void> {
  for (let start = 0; start < items.length; start += AT_ONCE) {
    const part = items.slice(start, start + AT_ONCE);
    const last = start + AT_ONCE >= items.length;
    const ids = part.map(({ id }) => id);
    const key = freshKey();
    try {
      let bulk = await insist(number, () => deleteMany(ids, key));
      if (last) asked(number);
      for (;;) {
        show(number, start, bulk);
        const { id } = bulk;
        if (bulk.status === 'finished' || id === null || (last && !isShown(number))) break;
        await pause(LOOK_AGAIN);
        bulk = await insist(number, () => readBulk(id));
      }
    } catch (thrown) {
      const problem = Problem.from(thrown);
      settle(number, start, part.length, (item) =>
        item.state === 'waiting' || item.state === 'pending' ? { ...item, state: 'refused', problem } : item,
      );
    }
  }
}

/**
 * Asks until there is an answer: a daemon that is busy, or out of reach for a while, only holds the job up. What is
 * asked must be the same when it is asked twice.
 */
async function insist<T>(number: number, ask: (lost: boolean) => Promise<T>): Promise<T> {
  let lost = false;
  for (let failures = 1; ; failures += 1) {
    try {
      const result = await ask(lost);
      if (failures > 1) change(number, (job) => ({ ...job, held: null }));
      return result;
    } catch (thrown) {
      const problem = Problem.from(thrown);
      if (!passes(problem)) {
        if (failures > 1) change(number, (job) => ({ ...job, held: null }));
        throw problem;
      }
      lost ||= problem.body === null;
      change(number, (job) => ({ ...job, held: problem }));
      await pause(Math.max(problem.retryAfter ?? 0, backoff(failures)));
    }
  }
}

/** Whether it goes by itself. An error in the daemon, or a hook that fails, may be there for ever. */
function passes({ retryable, status }: Problem): boolean {
  return retryable && (status < 422 || status > 500);
}

function show(number: number, start: number, bulk: Bulk) {
  settle(number, start, bulk.items.length, (item, place) => {
    const { status, problem } = bulk.items[place] ?? { status: item.state, problem: null };
    // The same object as long as it says the same, so that its row is not drawn again.
    if (status === item.state && problem === null && item.problem === null) return item;
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
        await insist(number, (lost) => retryOne(id, lost));
        result = { state: 'accepted', problem: null };
      } catch (thrown) {
        result = { state: 'refused', problem: Problem.from(thrown) };
      }
      settle(number, place, 1, (item) => ({ ...item, ...result }));
    }
  };
  await Promise.all(Array.from({ length: HANDS }, hand));
}

/** One that is not failed any more after an answer that was lost: the lost one was a success. */
async function retryOne(id: string, lost: boolean): Promise<void> {
  try {
    await retryInstance(id);
  } catch (thrown) {
    if (!(lost && thrown instanceof Problem && thrown.code === 'phase_refuses')) throw thrown;
  }
}

/** The first `limit` to be drawn: those that went wrong before all others. */
export function foremost(items: readonly JobItem[], limit: number): readonly JobItem[] {
  const bad = ({ state }: JobItem) => state === 'failed' || state === 'refused';
  return [...items.filter(bad), ...items.filter((item) => !bad(item))].slice(0, limit);
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
  jobs = jobs.map((job) => (job.number === number ? to(job) : job));
  const wait = told + TELL - Date.now();
  if (wait <= 0) tell();
  else tellLater ??= setTimeout(tell, wait);
}

function isShown(number: number): boolean {
  return jobs.some((job) => job.number === number);
}

function publish(now: readonly Job[]) {
  jobs = now;
  tell();
}

function tell() {
  if (tellLater !== null) clearTimeout(tellLater);
  tellLater = null;
  told = Date.now();
  for (const listener of listeners) listener();
}

function toAsk(number: number) {
  unasked.add(number);
  globalThis.addEventListener?.('beforeunload', askFirst);
}

function asked(number: number) {
  unasked.delete(number);
  if (unasked.size === 0) globalThis.removeEventListener?.('beforeunload', askFirst);
}

/** Asks whoever leaves the page while the daemon does not know of everything. */
function askFirst(event: Event) {
  event.preventDefault();
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
