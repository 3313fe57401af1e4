import { expect, test } from 'vitest';
import { keys } from '../api/keys';
import { event } from '../testing/samples';
import { affected } from './affected';
import { cheaper } from './reading';

test('an event of an instance makes old what is cached of it by id or name, once, and of no other', () => {
  expect(affected([event(1, 'a'), event(2, 'a'), event(3, 'b')])).toEqual([
    keys.instances.one('a'),
    keys.instances.one('name-a'),
    keys.instances.one('b'),
    keys.instances.one('name-b'),
  ]);
});

test('an event about no instance makes old what it can be about', () => {
  expect(affected([event(1, null, null)])).toEqual([keys.provisioners, keys.plugins, keys.orphans]);
});

test('a few changes are read one by one, many by listing', () => {
  expect(cheaper(3, 100)).toBe('each');
  expect(cheaper(100, 100)).toBe('all');
  expect(cheaper(100, 10_000)).toBe('each');
  expect(cheaper(1_000, 10_000)).toBe('all');
});
