// One key for one content: a double click, or another try after a connection that was lost, makes no second instance.
// It lives as long as the form, and never leaves the page but in the request's header.

import { freshKey } from '../api/fresh-key';
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
