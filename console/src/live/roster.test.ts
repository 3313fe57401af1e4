import { expect, test } from 'vitest';
import { event, instance, page } from '../testing/samples';
import { addPage, applyEvents, beginListing, dropRecord, EMPTY, putRecords, type Roster } from './roster';

function listed(...ids: string[]): Roster {
  return addPage(
    beginListing(EMPTY, false),
    page(
      10,
      ids.map((id) => instance(id, { revision: 5 })),
    ),
  );
}

const ids = (roster: Roster) => [...roster.records.keys()];

test('a listing is complete with its last page, and not before', () => {
  let roster = addPage(beginListing(EMPTY, false), page(10, [instance('a')], 'more'));
  expect(roster.complete).toBe(false);
  roster = addPage(roster, page(11, [instance('b')]));
  expect(roster.complete).toBe(true);
  expect(ids(roster)).toEqual(['a', 'b']);
  // What changed between its pages may be in none of them.
  expect(roster.revision).toBe(10);
});

test('what a listing does not show is gone, unless it is younger than the listing', () => {
  let roster = beginListing(listed('a', 'b'), false);
  roster = addPage(roster, page(20, [instance('a', { revision: 5 })], 'more'));
  roster = putRecords(roster, [instance('young', { revision: 21 })]);
  roster = addPage(roster, page(22, []));
  expect(ids(roster)).toEqual(['a', 'young']);
});

test('an older answer does not replace a newer record', () => {
  const roster = putRecords(listed(), [instance('a', { revision: 9, status: 'running' })]);
  const after = putRecords(roster, [instance('a', { revision: 8, status: 'created' })]);
  expect(after.records.get('a')?.status).toBe('running');
});

test('an event shows where the instance stands at once, and asks for the rest', () => {
  const { roster, changed } = applyEvents(listed('a'), [event(11, 'a', 'unhealthy')]);
  expect(roster.records.get('a')).toMatchObject({ status: 'unhealthy', revision: 11 });
  expect([...changed]).toEqual(['a']);
  expect(roster.revision).toBe(11);
});

test('the record that is read for an event is taken, though its revision is the event’s', () => {
  const { roster } = applyEvents(listed('a'), [event(11, 'a', 'unhealthy')]);
  const labelled = instance('a', { revision: 11, status: 'unhealthy', labels: { new: 'yes' } });
  const read = putRecords(roster, [labelled]);
  expect(read.records.get('a')?.labels).toEqual({ new: 'yes' });
});

test('an event that the record already knows changes nothing', () => {
  const { roster, changed } = applyEvents(listed('a'), [event(4, 'a', 'creating')]);
  expect(roster.records.get('a')?.status).toBe('running');
  expect(changed.size).toBe(0);
});

test('an instance that is gone does not come back with a late answer or page', () => {
  const { roster, changed } = applyEvents(listed('a'), [event(11, 'a', 'deleting'), event(12, 'a', 'gone')]);
  expect(changed.size).toBe(0);
  expect(ids(putRecords(roster, [instance('a', { revision: 11 })]))).toEqual([]);
  expect(ids(addPage(beginListing(roster, false), page(11, [instance('a')])))).toEqual([]);
  expect(ids(putRecords(dropRecord(listed('b'), 'b'), [instance('b', { revision: 99 })]))).toEqual([]);
});

test('a store that is another is believed, whatever was known', () => {
  const roster = addPage(beginListing(listed('a', 'b'), true), page(3, [instance('a', { revision: 2 })]));
  expect(ids(roster)).toEqual(['a']);
  expect(roster.records.get('a')?.revision).toBe(2);
  expect(roster.revision).toBe(3);
});

test('an event about no instance moves the revision only', () => {
  const { roster, changed } = applyEvents(listed('a'), [event(30, null, null)]);
  expect(roster.revision).toBe(30);
  expect(changed.size).toBe(0);
});
