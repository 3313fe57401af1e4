import { expect, test } from 'vitest';
import { answer } from './client';
import { Problem } from './problem';

const BODY = {
  type: '/docs/problems/hook_denied',
  title: 'A hook refused the request',
  status: 422,
  detail: 'naming: a name must match',
  code: 'hook_denied',
  errors: [{ pointer: '/name', code: 'hook_denied', message: 'a name must match' }],
  remedy: 'Choose another name.',
  retryable: false,
  request_id: 'r-1',
};

const given = (status: number, error?: unknown) =>
  answer(Promise.resolve({ error, response: new Response(null, { status }) }));

test('a problem document is kept whole, and leads to its page', async () => {
  const problem = await given(422, BODY).catch((thrown: unknown) => thrown as Problem);
  expect(problem).toBeInstanceOf(Problem);
  expect(problem).toMatchObject({ code: 'hook_denied', requestId: 'r-1', errors: BODY.errors });
  expect((problem as Problem).page).toBe('/docs/problems/hook_denied');
});

test('an answer that is not the daemon’s says so, whatever it holds', async () => {
  for (const body of ['<html>', null, { title: 'x' }]) {
    await expect(given(502, body)).rejects.toMatchObject({
      code: 'foreign_answer',
      status: 502,
      retryable: true,
    });
  }
});

test('no answer at all is a problem like another, and may go well later', async () => {
  const lost = answer(Promise.reject(new TypeError('failed to fetch')));
  await expect(lost).rejects.toMatchObject({ code: 'unreachable', retryable: true });
});

test('a request that was given up is no problem', async () => {
  const given = new DOMException('given up', 'AbortError');
  await expect(answer(Promise.reject(given))).rejects.toBe(given);
});

test('a success without content is one', async () => {
  await expect(given(204)).resolves.toBeUndefined();
});
