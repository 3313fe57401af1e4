// How components see what is live.

import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Problem } from '../api/problem';
import type { Live } from './live';
import type { Roster } from './roster';
import type { StreamState } from './stream';

export const LiveContext = createContext<Live | null>(null);

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error('there is no LiveContext above this component');
  return live;
}

/** Every living instance, as far as it has been read; new whenever something changed. */
export function useRoster(): Roster {
  const { keeper } = useLive();
  return useSyncExternalStore(keeper.subscribe, () => keeper.roster);
}

/** Why the roster could not be read last; null when all is well. */
export function useRosterProblem(): Problem | null {
  const { keeper } = useLive();
  return useSyncExternalStore(keeper.subscribe, () => keeper.problem);
}

export function useStreamState(): StreamState {
  const live = useLive();
  return useSyncExternalStore(live.subscribe, () => live.streamState);
}
