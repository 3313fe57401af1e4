// Where an instance stands: each status has an icon of its own shape, and similar ones share a tone.

import {
  CircleCheck,
  CircleDashed,
  CircleDot,
  Hammer,
  HeartCrack,
  type LucideIcon,
  OctagonX,
  RefreshCw,
  Trash2,
} from 'lucide-react';
import type { Status } from '../api/types';
import { Badge, type Tone } from './badge';

export const STATUS_LOOK: Record<Status, { tone: Tone; icon: LucideIcon; means: string }> = {
  requested: { tone: 'busy', icon: CircleDashed, means: 'it is recorded, and its creation has not begun' },
  creating: { tone: 'busy', icon: Hammer, means: 'its provisioner makes its workload' },
  created: { tone: 'busy', icon: CircleDot, means: 'its workload is made, and has not answered yet' },
  running: { tone: 'good', icon: CircleCheck, means: 'it answers as an MCP server' },
  unhealthy: { tone: 'warn', icon: HeartCrack, means: 'it ran, and does not answer as it should' },
  recovering: { tone: 'warn', icon: RefreshCw, means: 'its workload is made anew' },
  failed: { tone: 'bad', icon: OctagonX, means: 'it needs a person: see its error' },
  deleting: { tone: 'still', icon: Trash2, means: 'its workload is being removed' },
  gone: { tone: 'still', icon: Trash2, means: 'it is deleted' },
};

export function StatusBadge({ status }: { status: Status }) {
  const look = STATUS_LOOK[status];
  return (
    <Badge tone={look.tone} icon={look.icon} title={look.means}>
      {status}
    </Badge>
  );
}
