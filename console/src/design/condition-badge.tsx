// Whether a condition holds, and whether that is good: some speak of what should not be.

import { CircleCheck, CircleHelp, type LucideIcon, OctagonX, TriangleAlert } from 'lucide-react';
import type { Condition } from '../api/types';
import { Badge, type Tone } from './badge';

/** They should not hold. */
const UNWANTED: readonly string[] = ['RecoveryHeldBack', 'OrphanSuspected'];

const ICONS: Record<Condition['status'], LucideIcon> = {
  True: CircleCheck,
  False: OctagonX,
  Unknown: CircleHelp,
  Warning: TriangleAlert,
};

export function ConditionBadge({ condition }: { condition: Condition }) {
  return (
    <Badge tone={tone(condition)} icon={ICONS[condition.status]}>
      {condition.status}
    </Badge>
  );
}

function tone({ type, status }: Condition): Tone {
  if (status === 'Unknown') return 'still';
  if (status === 'Warning') return 'warn';
  if (UNWANTED.includes(type)) return status === 'True' ? 'warn' : 'good';
  return status === 'True' ? 'good' : 'bad';
}
