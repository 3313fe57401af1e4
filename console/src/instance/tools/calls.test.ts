import { expect, test } from 'vitest';
import { Problem } from '../../api/problem';
import { Calls, mayHaveRun } from './calls';

test('the last calls are held, and no more of them', async () => {
  const calls = new Calls('1', async (_id, tool) => ({ content: [], isError: tool === 'bad' }));
  for (let count = 0; count < 30; count++) await calls.call('echo', '{}', false);
  expect(calls.calls).toHaveLength(20);
  expect(calls.calls[0]).toMatchObject({ number: 30, outcome: { kind: 'result' } });
});

test('arguments with a secret are sent and not held', async () => {
  const sent: string[] = [];
  const calls = new Calls('1', async (_id, _tool, text) => {
    sent.push(text);
    return {};
  });
  await calls.call('login', '{"password":"x"}', true);
  expect(sent).toEqual(['{"password":"x"}']);
  expect(JSON.stringify(calls.calls)).not.toContain('password');
});

test('a call that is given up may have run, and so may one whose answer was lost', async () => {
  const calls = new Calls(
    '1',
    (_id, _tool, _text, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')));
      }),
  );
  const call = calls.call('slow', '{}', false);
  calls.giveUp(1);
  await call;
  const [one] = calls.calls;
  expect(one?.outcome.kind).toBe('given-up');
  expect(one && mayHaveRun(one.outcome)).toBe(true);
  expect(mayHaveRun({ kind: 'problem', problem: Problem.unreachable(), took: 1 })).toBe(true);
  expect(mayHaveRun({ kind: 'result', result: {}, took: 1 })).toBe(false);
});
