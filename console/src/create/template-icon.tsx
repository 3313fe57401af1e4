// A template's own picture, or that of all templates. The API gives pictures as data: addresses; another one would
// ask somebody, and is not shown.

import { LayoutTemplate } from 'lucide-react';

export function TemplateIcon({ icon }: { icon: string | null }) {
  return (
    <span className="inline-flex size-6 shrink-0 items-center justify-center text-muted">
      {icon?.startsWith('data:image/') ? (
        <img src={icon} alt="" width={22} height={22} className="size-[22px] object-contain" />
      ) : (
        <LayoutTemplate size={18} aria-hidden />
      )}
    </span>
  );
}
