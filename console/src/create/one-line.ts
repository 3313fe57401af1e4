// Fields hold one line, and the browser would drop the breaks of a pasted key or certificate without a word.

import type { ClipboardEvent } from 'react';
import { toast } from '../design/toast';

export function refuseLines(event: ClipboardEvent) {
  const text = event.clipboardData.getData('text');
  // A break at the end comes with the copying and means nothing.
  if (!/[\r\n]/.test(text.trimEnd())) return;
  event.preventDefault();
  toast(
    'bad',
    'A value of several lines cannot be given here, since its line breaks would be lost. Give it through the API.',
  );
}
