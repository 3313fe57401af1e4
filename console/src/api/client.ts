// How requests are sent: typed by the daemon's own document, every failure a `Problem`.

import createClient from 'openapi-fetch';
import { Problem } from './problem';
import type { paths } from './schema';

/** One call for each path and method of the document. Give what it returns to `answer`. */
export const api = createClient<paths>({ baseUrl: '/', cache: 'no-store' });

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
    throw thrown instanceof TypeError ? Problem.unreachable() : Problem.from(thrown);
  }
  if (!result.response.ok) throw Problem.of(result.response.status, result.error);
  // Of 204 there is no content, and the type of the call says so.
  return result.data as T;
}
