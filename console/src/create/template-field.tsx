// The template: the choice, and what is known of the chosen one.

import type { Provisioner, Template } from '../api/types';
import { Age } from '../design/age';
import { TEMPLATE } from './fields';
import { FormField } from './form-field';
import { unusable } from './standing';
import { TemplatePicker } from './template-picker';

export function TemplateField({
  templates,
  provisioners,
  chosen,
  onChoose,
}: {
  templates: readonly Template[];
  provisioners: readonly Provisioner[];
  chosen: Template | null;
  onChoose: (name: string) => void;
}) {
  return (
    <FormField
      field={TEMPLATE}
      required
      hint={
        chosen === null ? (
          'The rest of the form follows from it.'
        ) : (
          <About template={chosen} provisioners={provisioners} />
        )
      }
    >
      {(control) => (
        <TemplatePicker
          control={control}
          templates={templates}
          provisioners={provisioners}
          chosen={chosen}
          onChoose={onChoose}
        />
      )}
    </FormField>
  );
}

function About({ template, provisioners }: { template: Template; provisioners: readonly Provisioner[] }) {
  const { source } = template;
  const against = unusable(template, provisioners);
  return (
    <>
      {template.description !== '' && <span className="block text-ink text-sm">{template.description}</span>}
      <span className="block">
        {source.kind === 'file'
          ? `From the file ${source.file}`
          : `From the provisioner ${source.provisioner}`}
        , read <Age of={template.observed_at} /> ago.
      </span>
      {template.error !== null && (
        <span className="block text-warn">It is not the newest: {template.error}</span>
      )}
      {against !== null && (
        <span className="block text-warn">
          It cannot be used as it is, because {against}: choose another provisioner below.
        </span>
      )}
    </>
  );
}
