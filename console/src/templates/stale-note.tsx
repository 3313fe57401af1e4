// Why a template is not what its source has now.

import { TriangleAlert } from 'lucide-react';
import type { Template } from '../api/types';
import { Age } from '../design/age';
import { sourceWords } from './words';

export function StaleNote({ template }: { template: Template }) {
  if (template.error === null) return null;
  const isFile = template.source.kind === 'file';
  return (
    <div className="flex gap-2.5 rounded border border-warn/40 bg-warn-soft px-3 py-2">
      <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0 text-warn" />
      <div className="min-w-0 flex-1 break-words">
        <p className="font-medium text-warn">
          Not the newest: {isFile ? 'its file was refused' : `${sourceWords(template)} does not give it`}
        </p>
        <p className="whitespace-pre-line">{template.error}</p>
        <p>
          What was read <Age of={template.observed_at} /> ago is used.{' '}
          {isFile ? 'Mend the file: it is read again by itself.' : 'It is asked for again by itself.'}
        </p>
      </div>
    </div>
  );
}
