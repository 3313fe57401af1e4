// Why a template is not what its source has now.

import { TriangleAlert } from 'lucide-react';
import type { Template } from '../api/types';
import { Age } from '../design/age';
import { Note } from '../design/note';
import { sourceWords } from './words';

export function StaleNote({ template }: { template: Template }) {
  if (template.error === null) return null;
  const isFile = template.source.kind === 'file';
  return (
    <Note
      tone="warn"
      icon={TriangleAlert}
      title={`Not the newest: ${isFile ? 'its file was refused' : `${sourceWords(template)} does not give it`}`}
    >
      <p className="whitespace-pre-line">{template.error}</p>
      <p>
        What was read <Age of={template.observed_at} /> ago is used.{' '}
        {isFile ? 'Mend the file: it is read again by itself.' : 'It is asked for again by itself.'}
      </p>
    </Note>
  );
}
