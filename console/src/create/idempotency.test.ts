import { expect, test } from 'vitest';
import { Keys } from './idempotency';

const request = (name: string) => ({ name, template: 'demo' });

test('the same content has the same key until it is over; another has another', () => {
  const keys = new Keys();
  const first = keys.for(request('a'));
  expect(keys.for(request('a'))).toBe(first);
  expect(keys.for(request('b'))).not.toBe(first);
  const again = keys.for(request('a'));
  expect(again).not.toBe(first);
  keys.forget();
  expect(keys.for(request('a'))).not.toBe(again);
});
