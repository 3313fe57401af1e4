// A word with an icon on a tinted ground. The tone is never the only difference: the icon and the word say it, too.

import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { classes } from './classes';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'still';

const TONES: Record<Tone, string> = {
  good: 'bg-good-soft text-good',
  busy: 'bg-busy-soft text-busy',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  still: 'bg-still-soft text-still',
};

export const TONE_TEXT: Record<Tone, string> = {
  good: 'text-good',
  busy: 'text-busy',
  warn: 'text-warn',
  bad: 'text-bad',
  still: 'text-still',
};

export function Badge({
  tone,
  icon: Icon,
  title,
  children,
}: {
  tone: Tone;
  icon: LucideIcon;
  title?: string;
  children: ReactNode;
}) {
  return (
    <span
      title={title}
      className={classes(
        'inline-flex h-6 max-w-full items-center gap-1.5 rounded-sm px-2 font-medium text-xs',
        TONES[tone],
      )}
    >
      <Icon size={14} aria-hidden className="shrink-0" />
      <span className="truncate">{children}</span>
    </span>
  );
}
