// The frame of every page: skip link, bar, page, and what is said at the foot of the window.

import { Outlet, useRouter } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { AttentionProvider } from '../attention/attention';
import { Toasts } from '../design/toast';
import { StreamAlert, StreamStatus } from '../live/stream-status';
import { Mark } from './mark';
import { Navigation } from './navigation';
import { ThemeMenu } from './theme-menu';

export function Shell() {
  const page = usePageFocus();
  return (
    <AttentionProvider>
      <a
        href="#page"
        className="sr-only z-50 rounded bg-act px-3 py-2 text-act-ink focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the page
      </a>
      <header className="sticky top-0 z-30 bg-bar text-bar-ink">
        <div className="mx-auto flex max-w-[100rem] flex-wrap items-center gap-x-5 px-4 sm:px-6 md:h-12 md:flex-nowrap">
          <Mark />
          <Navigation />
          <div className="ml-auto flex h-12 items-center gap-2">
            <StreamStatus />
            <ThemeMenu />
          </div>
        </div>
        <div aria-hidden className="h-0.5 bg-bar-signal" />
      </header>
      <main ref={page} id="page" tabIndex={-1} className="pb-16 outline-none">
        <Outlet />
      </main>
      <StreamAlert />
      <Toasts />
    </AttentionProvider>
  );
}

/** Whoever comes to another page starts at its beginning, unless it has led them to a place of its own. */
function usePageFocus() {
  const router = useRouter();
  const page = useRef<HTMLElement>(null);
  useEffect(() => {
    let before = router.state.location.pathname;
    return router.subscribe('onRendered', ({ toLocation: { pathname } }) => {
      if (pathname === before) return;
      before = pathname;
      const here = page.current;
      if (here !== null && !here.contains(document.activeElement)) here.focus({ preventScroll: true });
    });
  }, [router]);
  return page;
}
