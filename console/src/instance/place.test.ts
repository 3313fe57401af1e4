import { expect, test } from 'vitest';
import { readPlace } from './place';

test('an address leads to the tab it names, and to the overview otherwise', () => {
  expect(readPlace({ tab: 'logs' })).toEqual({ tab: 'logs' });
  for (const search of [{}, { tab: 'overview' }, { tab: 'cellar' }]) expect(readPlace(search)).toEqual({});
});

test('a tool is chosen among the tools only', () => {
  expect(readPlace({ tab: 'tools', tool: 'add' })).toEqual({ tab: 'tools', tool: 'add' });
  expect(readPlace({ tab: 'events', tool: 'add' })).toEqual({ tab: 'events' });
});
