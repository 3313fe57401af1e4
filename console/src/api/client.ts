// How requests are sent: typed by the daemon's own document, every failure a `Problem`.

import createClient from 'openapi-fetch';
import { Problem } from './problem';
import type { paths } from './schema';

/** One call for each path and method of the document. Give what it returns to `answer`. */
export const api = createClient<paths>({ baseUrl: '/', cache: 'no-store' });

/** For so long an answer that nobody waits for on purpose may take. */
const PATIENCE = 30_000;

/** Ends a request that hangs, or when `signal` says so. */
export function inTime(signal?: AbortSignal): AbortSignal {
  const late = AbortSignal.timeout(PATIENCE);
  return signal === undefined ? late : AbortSignal.any([signal, late]);
}

/** The success of a call; everything else is thrown as a `Problem`. */
export async function answer<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  let result: { data?: T; error?: unknown; response: Response };
  try {
    result = await call;
  } catch (thrown) {
    // A request that was given up is no failure: whoever gave it up wants to hear just that.
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown;
    const late = thrown instanceof DOMException && thrown.name === 'TimeoutError';
    throw late || thrown instanceof TypeError ? Problem.unreachable() : Problem.from(thrown);
  }
  const { response } = result;
  if (!response.ok) throw Problem.of(response.status, result.error, response.headers.get('retry-after'));
  // Of 204 there is no content, and the type of the call says so.
  return result.data as T;
}
