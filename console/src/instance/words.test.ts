import { expect, test } from 'vitest';
import { condition, event, instance } from '../testing/samples';
import { conditionWords, deletionHindered, eventWords } from './words';

const deleting = instance('1', { status: 'deleting' });
const asked = { ...event(1, '1', 'deleting'), type: 'delete-requested' };
const failed = { ...event(2, '1', 'deleting'), type: 'destroy-failed', message: 'refused' };

test('words that are newer than the console are shown as they are', () => {
  expect(eventWords('teleported')).toBe('teleported');
  expect(conditionWords('Weightless')).toBeNull();
});

test('deleting is hindered only when removing the workload has failed since it was asked for', () => {
  expect(deletionHindered(deleting, [asked])).toBeNull();
  expect(deletionHindered(deleting, [asked, failed])).toBe('refused');
  expect(deletionHindered(deleting, [failed, asked])).toBeNull();
  expect(deletionHindered(instance('1'), [asked, failed])).toBeNull();
});

test('a backend that does not answer hinders deleting, too', () => {
  const away = condition('BackendReachable', 'False', 'connection refused');
  expect(deletionHindered({ ...deleting, conditions: [away] }, [asked])).toBe('connection refused');
});
