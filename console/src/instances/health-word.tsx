// Health in a table: an icon of its own shape and a word; why, in the title.

import { CircleAlert, CircleHelp, type LucideIcon, OctagonAlert, ShieldCheck } from 'lucide-react';
import type { Instance } from '../api/types';
import { TONE_TEXT, type Tone } from '../design/badge';
import { classes } from '../design/classes';
import { healthOf } from './health';

const ICONS: Record<Tone, LucideIcon> = {
  good: ShieldCheck,
  busy: CircleHelp,
  warn: CircleAlert,
  bad: OctagonAlert,
  still: CircleHelp,
};

export function HealthWord({ instance }: { instance: Instance }) {
  const { tone, word, why } = healthOf(instance);
  const Icon = ICONS[tone];
  return (
    <span title={why ?? undefined} className={classes('flex min-w-0 items-center gap-1.5', TONE_TEXT[tone])}>
      <Icon size={15} aria-hidden className="shrink-0" />
      <span className="truncate">{word}</span>
    </span>
  );
}
