// Tabs (Radix): arrow keys move between them, and only the chosen one is in the page.

import { Tabs as Parts } from 'radix-ui';
import { type ReactNode, useEffect, useRef } from 'react';

export function Tabs<T extends string>({
  label,
  value,
  onChange,
  tabs,
}: {
  label: string;
  value: T;
  onChange: (value: T) => void;
  tabs: readonly { value: T; label: ReactNode; content: ReactNode }[];
}) {
  const list = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another choice is elsewhere in the list.
  useEffect(() => {
    // Where there is no room for all of them, the chosen one is in sight.
    const chosen = list.current?.querySelector<HTMLElement>('[data-state=active]');
    if (list.current === null || !chosen) return;
    const end = chosen.offsetLeft - list.current.offsetLeft + chosen.offsetWidth;
    list.current.scrollLeft = Math.max(0, end - list.current.clientWidth);
  }, [value]);
  return (
    <Parts.Root value={value} onValueChange={(next) => onChange(next as T)}>
      <Parts.List
        ref={list}
        aria-label={label}
        className="flex gap-1 max-sm:gap-0 overflow-x-auto border-line border-b"
      >
        {tabs.map((tab) => (
          <Parts.Trigger
            key={tab.value}
            value={tab.value}
            className="-mb-px whitespace-nowrap border-transparent border-b-2 px-3 py-2 font-medium -outline-offset-2 max-sm:px-2 text-muted hover:text-ink data-[state=active]:border-signal data-[state=active]:text-ink"
          >
            {tab.label}
          </Parts.Trigger>
        ))}
      </Parts.List>
      {tabs.map((tab) => (
        <Parts.Content key={tab.value} value={tab.value} className="pt-4">
          {tab.content}
        </Parts.Content>
      ))}
    </Parts.Root>
  );
}
