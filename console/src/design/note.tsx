// Something to be read where it stands, on a tinted ground: what is the matter, why, and what to do.

import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { TONE_TEXT } from './badge';
import { classes } from './classes';

const GROUNDS: Record<'warn' | 'bad', string> = {
  warn: 'border-warn/40 bg-warn-soft',
  bad: 'border-bad/40 bg-bad-soft',
};

export function Note({
  tone,
  icon: Icon,
  title,
  children,
}: {
  tone: keyof typeof GROUNDS;
  icon: LucideIcon;
  title: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className={classes('flex gap-2.5 rounded border px-3 py-2.5', GROUNDS[tone])}>
      <Icon size={17} aria-hidden className={classes('mt-0.5 shrink-0', TONE_TEXT[tone])} />
      <div className="min-w-0 flex-1 space-y-1 break-words">
        <p className={classes('font-semibold', TONE_TEXT[tone])}>{title}</p>
        {children}
      </div>
    </div>
  );
}
