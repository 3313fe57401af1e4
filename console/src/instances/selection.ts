// Which instances are selected, and how a click or a key changes that. Pure but for the hook.

import { useCallback, useState } from 'react';

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where a range begins: what was last selected or deselected by itself. */
  readonly anchor: string | null;
}

export const NOTHING: Selection = { ids: new Set(), anchor: null };

export function toggle(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id };
}

/** From the anchor to `id`, both included, in the order they are shown. All become as the anchor is. */
export function extend(selection: Selection, id: string, shown: readonly string[]): Selection {
  const from = selection.anchor === null ? -1 : shown.indexOf(selection.anchor);
  const to = shown.indexOf(id);
  if (from < 0 || to < 0 || selection.anchor === null) return toggle(selection, id);
  const on = selection.ids.has(selection.anchor);
  const ids = new Set(selection.ids);
  for (const each of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) {
    if (on) ids.add(each);
    else ids.delete(each);
  }
  return { ids, anchor: selection.anchor };
}

export function useSelection() {
  const [selection, set] = useState(NOTHING);
  return {
    selection,
    pick: useCallback(
      (id: string, range: boolean, shown: readonly string[]) =>
        set((now) => (range ? extend(now, id, shown) : toggle(now, id))),
      [],
    ),
    selectAll: useCallback((ids: readonly string[]) => set({ ids: new Set(ids), anchor: null }), []),
    clear: useCallback(() => set(NOTHING), []),
  };
}
