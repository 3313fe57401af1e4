// How a plugin stands.

import { Archive, CircleCheck, CirclePause, CircleSlash, type LucideIcon, OctagonX } from 'lucide-react';
import type { PluginState } from '../api/types';
import { Badge, type Tone } from '../design/badge';

const LOOKS: Record<PluginState, { tone: Tone; icon: LucideIcon; means: string }> = {
  active: { tone: 'good', icon: CircleCheck, means: 'what the configuration wants serves' },
  refused: { tone: 'bad', icon: OctagonX, means: 'what the configuration wants was refused' },
  retired: {
    tone: 'still',
    icon: Archive,
    means: 'it looks after the instances it has, and takes no new ones',
  },
  disabled: { tone: 'still', icon: CircleSlash, means: 'every call is denied' },
  quarantined: { tone: 'warn', icon: CirclePause, means: 'it ended badly several times and is left alone' },
};

export function PluginBadge({ state }: { state: PluginState }) {
  const { tone, icon, means } = LOOKS[state];
  return (
    <Badge tone={tone} icon={icon} title={means}>
      {state}
    </Badge>
  );
}
