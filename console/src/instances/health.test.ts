import { expect, test } from 'vitest';
import { condition, instance } from '../testing/samples';
import { healthOf } from './health';

test('the lowest rung that does not hold says what is wrong', () => {
  const health = healthOf(
    instance('a', {
      status: 'unhealthy',
      conditions: [
        condition('ToolsListed', 'Unknown'),
        condition('PortOpen', 'False', 'connection refused'),
        condition('WorkloadObserved', 'True'),
      ],
    }),
  );
  expect(health).toEqual({ tone: 'bad', word: 'Port closed', why: 'connection refused' });
});

test('a server that wants credentials is not ill', () => {
  const health = healthOf(
    instance('a', {
      conditions: [condition('Handshake', 'Unknown'), condition('Authenticated', 'False', 'answers 401')],
    }),
  );
  expect(health).toMatchObject({ tone: 'warn', word: 'Needs credentials' });
});

test('a condition that is bad when it holds is a concern, and one that does not is none', () => {
  const held = instance('a', { conditions: [condition('RecoveryHeldBack', 'True', 'too many at once')] });
  expect(healthOf(held)).toMatchObject({ tone: 'warn', word: 'Recovery held back' });
  const free = instance('a', { conditions: [condition('RecoveryHeldBack', 'False')] });
  expect(healthOf(free).word).toBe('Healthy');
});

test('nothing is called healthy before it runs', () => {
  expect(healthOf(instance('a', { status: 'creating' })).word).toBe('Not known yet');
});

test('a condition nobody knows yet does not disturb', () => {
  expect(healthOf(instance('a', { conditions: [condition('BrandNew', 'False')] })).word).toBe('Healthy');
});
