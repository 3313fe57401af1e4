// The cache of answers, and when an answer is asked for again.

import { QueryClient } from '@tanstack/react-query';
import { Problem } from './problem';

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The event stream says when something changed, so that nothing needs to be asked in vain.
        staleTime: 30_000,
        // The daemon may be on this very machine, which needs no network to be reached.
        networkMode: 'always',
        retry: (count, thrown) => count < 3 && thrown instanceof Problem && thrown.retryable,
        retryDelay: (count) => Math.min(500 * 2 ** count, 4_000),
      },
      mutations: { networkMode: 'always' },
    },
  });
}
