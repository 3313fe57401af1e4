// The fields below the template: its inputs, and what every instance can be given.

import type { Provisioner, Template } from '../api/types';
import { TextInput } from '../design/field';
import { type Draft, give, valueFor } from './draft';
import { DESCRIPTION, inputField, NAME, PROVISIONER } from './fields';
import { FormField } from './form-field';
import { InputField } from './input-field';
import { ProvisionerField } from './provisioner-field';
import { Rows } from './rows';

/** Tells of each edit with the place of the field. */
type OnChange = (place: string, next: Draft) => void;

export function FormFields({
  template,
  provisioners,
  draft,
  name,
  onChange,
}: {
  template: Template;
  provisioners: readonly Provisioner[];
  draft: Draft;
  /** Typed or suggested. */
  name: string;
  onChange: OnChange;
}) {
  return (
    <>
      <FormField
        field={NAME}
        required
        hint="Small letters, digits and “-”; no two living instances have the same."
      >
        {(control) => (
          <TextInput
            {...control}
            aria-required
            value={name}
            onChange={(event) => onChange(NAME.place, { ...draft, name: event.target.value })}
          />
        )}
      </FormField>
      <FormField field={DESCRIPTION} hint="For people: what it is for.">
        {(control) => (
          <TextInput
            {...control}
            maxLength={1024}
            value={draft.description}
            onChange={(event) => onChange(DESCRIPTION.place, { ...draft, description: event.target.value })}
          />
        )}
      </FormField>
      <Inputs template={template} draft={draft} onChange={onChange} />
      <Rows
        kind="variable"
        title="More variables"
        hint="Environment of the server beyond the template’s inputs. NAME=value can be pasted."
        rows={draft.variables}
        onChange={(variables, place) => onChange(place, { ...draft, variables })}
      />
      <Rows
        kind="label"
        title="Labels"
        hint={<LabelHint labels={template.labels} />}
        rows={draft.labels}
        onChange={(labels, place) => onChange(place, { ...draft, labels })}
      />
      <ProvisionerField
        template={template}
        provisioners={provisioners}
        value={draft.provisioner}
        onChange={(provisioner) => onChange(PROVISIONER.place, { ...draft, provisioner })}
      />
    </>
  );
}

function Inputs({ template, draft, onChange }: { template: Template; draft: Draft; onChange: OnChange }) {
  if (template.inputs.length === 0) return null;
  return (
    <fieldset className="min-w-0 space-y-4 border-line border-t">
      <legend className="pr-3 font-semibold text-[1.05rem]">Inputs of {template.name}</legend>
      {template.inputs.map((input) => (
        <InputField
          key={`${template.name} ${input.name}`}
          input={input}
          value={valueFor(input, draft)}
          inherited={template.environment[input.name]}
          onChange={(value) => onChange(inputField(input).place, give(draft, input, value))}
        />
      ))}
    </fieldset>
  );
}

function LabelHint({ labels }: { labels: Template['labels'] }) {
  const own = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return (
    <>
      To select by. key=value can be pasted.
      {own.length > 0 && ` The template gives ${own.join(', ')}; a label of the same name here wins.`}
    </>
  );
}
