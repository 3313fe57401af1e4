// Copies a text, and says so in its own place.

import { Check, Copy as CopyIcon } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from './button';
import { toast } from './toast';

/** `what` names the text: "endpoint" makes "Copy endpoint". */
export function Copy({ text, what, tabIndex }: { text: string; what: string; tabIndex?: number }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <IconButton
      label={copied ? 'Copied' : `Copy ${what}`}
      tabIndex={tabIndex}
      onClick={() => {
        copyText(text).then(
          () => setCopied(true),
          () => toast('bad', 'This browser did not let the text be copied: select it and copy it by hand.'),
        );
      }}
    >
      {copied ? <Check size={15} aria-hidden className="text-good" /> : <CopyIcon size={15} aria-hidden />}
    </IconButton>
  );
}

async function copyText(text: string): Promise<void> {
  // Only a page of this machine or of https has a clipboard.
  if (navigator.clipboard === undefined) throw new Error('there is no clipboard');
  await navigator.clipboard.writeText(text);
}
