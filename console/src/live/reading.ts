// How to read what events say has changed: each instance by itself, or all of them again. Pure.

/** As in `api/instances.ts`: what one page of a listing brings. */
const PAGE = 500;
/** A page costs about as much as so many single answers. */
const SINGLES_PER_PAGE = 20;

export type Reading = 'each' | 'all';

/** The cheaper way for `changed` instances of `known` ones. */
export function cheaper(changed: number, known: number): Reading {
  const pages = Math.floor(known / PAGE) + 1;
  return changed > pages * SINGLES_PER_PAGE ? 'all' : 'each';
}
