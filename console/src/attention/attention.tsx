// What needs attention now, of everything that is known, found once for all who show it. The roster is live; the
// rest is asked for now and then.

import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react';
import { orphansQuery } from '../api/orphans';
import { pluginsQuery } from '../api/plugins';
import { provisionersQuery } from '../api/provisioners';
import { templatesQuery } from '../api/templates';
import { setTitleCount } from '../design/title';
import { useRoster } from '../live/context';
import { attention, count, type Group } from './items';

export interface Attention {
  groups: readonly Group[];
  count: number;
  /** Whether everything was asked for once: before that, nothing found means nothing. */
  settled: boolean;
  /** Whether something could not be read the last time. */
  blind: boolean;
}

const AttentionContext = createContext<Attention>({ groups: [], count: 0, settled: false, blind: false });

export function useAttention(): Attention {
  return useContext(AttentionContext);
}

export function AttentionProvider({ children }: { children: ReactNode }) {
  const { records, complete } = useRoster();
  const plugins = useQuery(pluginsQuery);
  const provisioners = useQuery(provisionersQuery);
  const templates = useQuery(templatesQuery);
  const orphans = useQuery(orphansQuery);
  const groups = useMemo(
    () =>
      attention({
        instances: records.values(),
        plugins: plugins.data,
        provisioners: provisioners.data,
        templates: templates.data,
        orphans: orphans.data,
      }),
    [records, plugins.data, provisioners.data, templates.data, orphans.data],
  );
  const asked = [plugins, provisioners, templates, orphans];
  const settled = complete && asked.every(({ isPending }) => !isPending);
  const blind = asked.some(({ isError }) => isError);
  const found = count(groups);
  const value = useMemo(() => ({ groups, count: found, settled, blind }), [groups, found, settled, blind]);
  useEffect(() => setTitleCount(found), [found]);
  return <AttentionContext value={value}>{children}</AttentionContext>;
}
