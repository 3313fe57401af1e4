// A template's picture. It came from a file or a backend, and is shown as a picture only: nothing in it runs.

import { LayoutTemplate } from 'lucide-react';

export function TemplateIcon({ icon, size = 32 }: { icon: string | null; size?: number }) {
  return (
    <span
      className="inline-flex shrink-0 items-center justify-center overflow-hidden rounded bg-sunken text-muted"
      style={{ width: size + 8, height: size + 8 }}
    >
      {icon?.startsWith('data:image/') ? (
        <img src={icon} alt="" width={size} height={size} className="object-contain" />
      ) : (
        <LayoutTemplate size={Math.round(size * 0.6)} aria-hidden />
      )}
    </span>
  );
}
