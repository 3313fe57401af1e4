// One key for one content: a double click, or another try after a connection that was lost, makes no second instance.
// It lives as long as the form, and never leaves the page but in the request's header.

import type { CreateRequest } from '../api/types';

export class Keys {
  #content = '';
  #key = '';

  for(request: CreateRequest): string {
    const content = JSON.stringify(request);
    if (content !== this.#content) {
      this.#content = content;
      this.#key = freshKey();
    }
    return this.#key;
  }

  /** What was asked with it is over: the same content is a new wish from now on. */
  forget() {
    this.#content = '';
  }
}

/** Not `randomUUID`: that is only there where a page comes from this machine or by https. */
function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
