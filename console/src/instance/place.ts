// Where on an instance's page one is, as its address says it. Pure.

import { type Search, text } from '../search';

export const TABS = ['overview', 'connect', 'tools', 'events', 'logs', 'admission'] as const;

export type Tab = (typeof TABS)[number];

export interface Place {
  /** Absent: the overview. */
  tab?: Tab;
  /** The tool that is looked at. */
  tool?: string;
}

export function readPlace(search: Search): Place {
  const asked = text(search.tab);
  const tab = TABS.find((one) => one === asked);
  const tool = text(search.tool);
  return {
    ...(tab === undefined || tab === 'overview' ? {} : { tab }),
    ...(tool === undefined || tab !== 'tools' ? {} : { tool }),
  };
}
