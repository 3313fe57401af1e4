// Keeps the roster true: gathers events, applies them together, and reads what they say has changed. Reading is
// done by one hand: while it reads, more may change, and is read next, so that a flood of events costs no more
// requests than the daemon can answer.

import { Problem } from '../api/problem';
import type { Instance, InstanceEvent, InstanceList } from '../api/types';
import { cheaper } from './reading';
import { addPage, applyEvents, beginListing, dropRecord, EMPTY, putRecords, type Roster } from './roster';

/** Events are gathered for this long, so that a thousand of them are shown, and read, once. */
const GATHER = 250;
/** Single instances that are read, and then shown, at the same time. */
const AT_ONCE = 20;
/** What makes no event, such as when somebody last looked, is read again this often. */
const SAFETY_NET = 300_000;
/** After a listing or an answer that failed. */
const AGAIN = 3_000;

export interface Source {
  list(cursor: string | null, signal: AbortSignal): Promise<InstanceList>;
  read(id: string, signal: AbortSignal): Promise<Instance>;
}

export class Keeper {
  #source: Source;
  #roster = EMPTY;
  #problem: Problem | null = null;
  #listeners = new Set<() => void>();
  #flushed: (events: readonly InstanceEvent[]) => void;
  #pending: InstanceEvent[] = [];
  #changed = new Set<string>();
  /** Whether everything must be read, and whether what is known must be forgotten for it. */
  #want: 'nothing' | 'all' | 'anew' = 'all';
  #timer: ReturnType<typeof setTimeout> | null = null;
  #reading = false;
  /** Shows what comes while something is read. */
  #meanwhile: ReturnType<typeof setTimeout> | null = null;
  /** Whether what is known is about to be forgotten, so that events must wait for what comes instead. */
  #forgetting = false;
  #stopped = new AbortController();

  /** `flushed` hears of events when the roster shows them. */
  constructor(source: Source, flushed: (events: readonly InstanceEvent[]) => void) {
    this.#source = source;
    this.#flushed = flushed;
  }

  get roster(): Roster {
    return this.#roster;
  }

  /** Why the last reading failed; null when it went well. */
  get problem(): Problem | null {
    return this.#problem;
  }

  /** Begins to read. */
  start() {
    this.#soon(0);
    const net = setInterval(() => this.readAll(), SAFETY_NET);
    this.#stopped.signal.addEventListener('abort', () => clearInterval(net));
  }

  stop() {
    this.#stopped.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#meanwhile !== null) clearTimeout(this.#meanwhile);
  }

  /** Tells when roster or problem have changed. */
  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  event(event: InstanceEvent) {
    this.#pending.push(event);
    if (this.#reading) this.#showMeanwhile();
    else this.#soon(GATHER);
  }

  /** A stream stands whose events begin after `revision`; what was known before it may lack some. */
  streamStarted(revision: number) {
    if ((this.#roster.revision ?? 0) < revision) this.readAll();
  }

  /** Reads everything again. */
  readAll() {
    if (this.#want === 'nothing') this.#want = 'all';
    this.#soon(0);
  }

  /** Reads everything again and believes nothing of what was known: the store may be another. */
  readAnew() {
    this.#want = 'anew';
    this.#pending = [];
    this.#changed.clear();
    this.#soon(0);
  }

  #soon(delay: number) {
    if (this.#stopped.signal.aborted || this.#reading) return;
    if (this.#timer !== null) {
      if (delay > 0) return;
      clearTimeout(this.#timer);
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#turn();
    }, delay);
  }

  /** An answer that is long on its way holds up no status. */
  #showMeanwhile() {
    if (this.#stopped.signal.aborted || this.#meanwhile !== null) return;
    this.#meanwhile = setTimeout(() => {
      this.#meanwhile = null;
      // Whoever reads anew applies them to what comes.
      if (this.#forgetting || this.#want === 'anew') return;
      this.#apply();
    }, GATHER);
  }

  #publish(roster: Roster, problem: Problem | null) {
    this.#roster = roster;
    this.#problem = problem;
    for (const listener of this.#listeners) listener();
  }

  /** Shows what has come, then reads what it takes. */
  async #turn() {
    this.#reading = true;
    let pause = GATHER;
    try {
      this.#apply();
      if (this.#want !== 'nothing' || cheaper(this.#changed.size, this.#roster.records.size) === 'all') {
        await this.#list();
      } else {
        await this.#each();
      }
      if (this.#problem !== null) this.#publish(this.#roster, null);
    } catch (thrown) {
      if (this.#stopped.signal.aborted) return;
      this.#publish(this.#roster, Problem.from(thrown));
      pause = AGAIN;
    } finally {
      this.#reading = false;
    }
    const more = this.#pending.length > 0 || this.#changed.size > 0 || this.#want !== 'nothing';
    if (more) this.#soon(pause);
  }

  #apply() {
    if (this.#pending.length === 0) return;
    const events = this.#pending;
    this.#pending = [];
    const { roster, changed } = applyEvents(this.#roster, events);
    for (const id of changed) this.#changed.add(id);
    this.#publish(roster, this.#problem);
    this.#flushed(events);
  }

  async #list() {
    const forget = this.#want === 'anew';
    this.#want = 'nothing';
    this.#forgetting = forget;
    // What changes from here on comes as an event of its own.
    const covered = this.#changed;
    this.#changed = new Set();
    try {
      let cursor: string | null = null;
      let first = true;
      do {
        const page = await this.#source.list(cursor, this.#stopped.signal);
        // Another, deeper wish came while this page was on its way.
        if (this.#wanted() === 'anew') return;
        const roster = first ? beginListing(this.#roster, forget) : this.#roster;
        this.#forgetting = false;
        this.#publish(addPage(roster, page), null);
        this.#apply();
        cursor = page.next_cursor;
        first = false;
      } while (cursor !== null);
    } catch (thrown) {
      if (this.#wanted() !== 'anew') this.#want = forget ? 'anew' : 'all';
      for (const id of covered) this.#changed.add(id);
      throw thrown;
    } finally {
      this.#forgetting = false;
    }
  }

  /** Asked, because it may have changed while an answer was on its way, which the compiler does not see. */
  #wanted() {
    return this.#want;
  }

  /** A few at a time, and what they answer is shown together. What failed stays to be read. */
  async #each() {
    const ids = [...this.#changed];
    let failure: unknown = null;
    for (let start = 0; start < ids.length && failure === null; start += AT_ONCE) {
      const some = ids.slice(start, start + AT_ONCE);
      for (const id of some) this.#changed.delete(id);
      const answers = await Promise.allSettled(some.map((id) => this.#source.read(id, this.#stopped.signal)));
      let roster = this.#roster;
      const read: Instance[] = [];
      for (const [at, answer] of answers.entries()) {
        const id = some[at] ?? '';
        if (answer.status === 'fulfilled') {
          read.push(answer.value);
        } else if (answer.reason instanceof Problem && answer.reason.status === 404) {
          roster = dropRecord(roster, id);
        } else {
          this.#changed.add(id);
          failure = answer.reason;
        }
      }
      this.#publish(putRecords(roster, read), this.#problem);
    }
    if (failure !== null) throw failure;
  }
}
