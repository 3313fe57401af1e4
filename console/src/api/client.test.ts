import { expect, test } from 'vitest';
import { answer } from './client';

test('a request that hangs is told as a daemon that does not answer, and may be tried again', async () => {
  const late = answer(Promise.reject(new DOMException('too late', 'TimeoutError')));
  await expect(late).rejects.toMatchObject({ code: 'unreachable', retryable: true });
  const givenUp = answer(Promise.reject(new DOMException('given up', 'AbortError')));
  await expect(givenUp).rejects.toMatchObject({ name: 'AbortError' });
});

test('a problem tells when to try again, if the daemon said so', async () => {
  const error = { code: 'busy', title: 'busy', detail: 'busy', remedy: '', retryable: true };
  const busy = (headers: HeadersInit) =>
    answer(Promise.resolve({ error, response: new Response(null, { status: 503, headers }) }));
  await expect(busy({ 'retry-after': '5' })).rejects.toMatchObject({ code: 'busy', retryAfter: 5_000 });
  await expect(busy({})).rejects.toMatchObject({ code: 'busy', retryAfter: null });
});
