// The roster: every living instance as far as the console knows. Pure: pages, records and events go in, and a
// new roster comes out. Answers overtake one another, so a record is never replaced by an older one, and an
// instance that is gone does not come back with a late answer.

import type { Instance, InstanceEvent, InstanceList } from '../api/types';

/** A late answer can be this many departures late; ids are never used twice. */
const REMEMBERED_GONE = 20_000;

export interface Roster {
  readonly records: ReadonlyMap<string, Instance>;
  /**
   * Up to it nothing is missing: the first page of a listing, and each event after it, move it on. What changes
   * while later pages are read may be in none of them. Null before the first.
   */
  readonly revision: number | null;
  /** Whether a listing has come to its end: before that the records are a part. */
  readonly complete: boolean;
  readonly listing: Listing | null;
  readonly gone: ReadonlySet<string>;
}

/** A listing under way. */
interface Listing {
  /** Of its first page. */
  readonly revision: number | null;
  readonly seen: ReadonlySet<string>;
}

export const EMPTY: Roster = {
  records: new Map(),
  revision: null,
  complete: false,
  listing: null,
  gone: new Set(),
};

/** Before the first page of a listing. To `forget` is for a store that may be another than before. */
export function beginListing(roster: Roster, forget: boolean): Roster {
  return { ...(forget ? EMPTY : roster), listing: { revision: null, seen: new Set() } };
}

/** A page of the listing under way; the last one ends it, and with it whatever it did not show. */
export function addPage(roster: Roster, page: InstanceList): Roster {
  const records = new Map(roster.records);
  const seen = new Set(roster.listing?.seen);
  const began = roster.listing?.revision ?? page.revision;
  for (const instance of page.instances) {
    seen.add(instance.id);
    put(records, roster.gone, instance);
  }
  const revision = Math.max(roster.revision ?? 0, began);
  if (page.next_cursor !== null) {
    return { ...roster, records, revision, listing: { revision: began, seen } };
  }
  for (const [id, record] of records) {
    // What is younger than the listing may have come after its last page.
    if (!seen.has(id) && record.revision <= began) records.delete(id);
  }
  return { ...roster, records, revision, complete: true, listing: null };
}

/** Records, as they were just read. */
export function putRecords(roster: Roster, instances: readonly Instance[]): Roster {
  const records = new Map(roster.records);
  for (const instance of instances) put(records, roster.gone, instance);
  return { ...roster, records };
}

/** The daemon knows no such instance any more. */
export function dropRecord(roster: Roster, id: string): Roster {
  const records = new Map(roster.records);
  records.delete(id);
  return { ...roster, records, gone: remember(roster.gone, [id]) };
}

/** What events say by themselves: where an instance stands, and that one is gone. The rest is read. */
export function applyEvents(
  roster: Roster,
  events: readonly InstanceEvent[],
): { roster: Roster; changed: Set<string> } {
  const records = new Map(roster.records);
  const changed = new Set<string>();
  const gone: string[] = [];
  let revision = roster.revision ?? 0;
  for (const event of events) {
    revision = Math.max(revision, event.revision);
    if (event.instance === null) continue;
    const { id, name } = event.instance;
    if (event.to === 'gone') {
      records.delete(id);
      changed.delete(id);
      gone.push(id);
      continue;
    }
    const record = records.get(id);
    if (record !== undefined && record.revision >= event.revision) continue;
    if (record !== undefined && event.to !== null) {
      records.set(id, {
        ...record,
        name,
        status: event.to,
        updated_at: event.at,
        revision: event.revision,
      });
    }
    changed.add(id);
  }
  return { roster: { ...roster, records, revision, gone: remember(roster.gone, gone) }, changed };
}

function put(records: Map<string, Instance>, gone: ReadonlySet<string>, instance: Instance) {
  const known = records.get(instance.id);
  if (gone.has(instance.id) || (known !== undefined && known.revision > instance.revision)) return;
  records.set(instance.id, instance);
}

function remember(gone: ReadonlySet<string>, more: readonly string[]): ReadonlySet<string> {
  if (more.length === 0) return gone;
  const all = [...gone, ...more];
  return new Set(all.slice(-REMEMBERED_GONE));
}
