// Keeps what is being read in its place when rows come or go above it. The browser does that for ordinary content,
// and not for rows that are placed by hand.

import { useLayoutEffect, useRef } from 'react';

/** `ids` are the rows in order, each `height` high, the first of them `margin` below the page's top. */
export function useSteadyScroll(ids: readonly string[], height: number, margin: number) {
  const before = useRef<readonly string[]>(ids);
  useLayoutEffect(() => {
    const was = before.current;
    before.current = ids;
    if (was === ids || scrollY <= margin) return;
    const at = Math.min(was.length - 1, Math.floor((scrollY - margin) / height));
    const now = ids.indexOf(was[at] ?? '');
    if (now >= 0 && now !== at) scrollBy({ top: (now - at) * height, behavior: 'instant' });
  }, [ids, height, margin]);
}
