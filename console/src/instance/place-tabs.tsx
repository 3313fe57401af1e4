// Tabs whose choice stands in the address, so that a place on the page can be sent and found again.

import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Tabs } from '../design/tabs';
import type { Tab } from './place';

export function PlaceTabs({
  label,
  tabs,
}: {
  label: string;
  tabs: readonly { value: Tab; label: ReactNode; content: ReactNode }[];
}) {
  const search = useSearch({ from: '/instances/$id' });
  const navigate = useNavigate({ from: '/instances/$id' });
  const first = tabs[0]?.value ?? 'overview';
  const asked = search.tab ?? 'overview';
  return (
    <Tabs
      label={label}
      // A deleted instance has fewer of them.
      value={tabs.some(({ value }) => value === asked) ? asked : first}
      onChange={(tab) => void navigate({ search: { tab }, replace: true, resetScroll: false })}
      tabs={tabs}
    />
  );
}
