// The digest of a component: its beginning is enough to tell two apart, and the whole can be copied.

import { Copy } from './copy';

export function Digest({ of, what = 'digest' }: { of: string; what?: string }) {
  return (
    <span className="-my-1.5 inline-flex items-center gap-0.5">
      <code title={of}>{short(of)}</code>
      <Copy text={of} what={what} />
    </span>
  );
}

/** `sha256:0123456789ab…` */
function short(digest: string): string {
  const [kind, hex] = digest.split(':');
  return hex === undefined || hex.length <= 12 ? digest : `${kind}:${hex.slice(0, 12)}…`;
}
