// Who is to make the workload: the template's or the daemon's choice, or another.

import type { Provisioner, Template } from '../api/types';
import { Select } from '../design/field';
import { PROVISIONER } from './fields';
import { FormField, useForm } from './form-field';
import { defaultFor, doubt, refusal } from './standing';

export function ProvisionerField({
  template,
  provisioners,
  value,
  onChange,
}: {
  template: Template;
  provisioners: readonly Provisioner[];
  value: string;
  onChange: (value: string) => void;
}) {
  const chosen = defaultFor(template, provisioners);
  const name = value === '' ? chosen?.name : value;
  const refused = name === undefined ? null : refusal(name, provisioners);
  const wait = name === undefined ? null : doubt(name, provisioners);
  // Where it was refused already, the reason stands in red.
  const told = useForm().notes.errors(PROVISIONER).length > 0;
  const whose =
    value !== ''
      ? 'Your choice.'
      : chosen?.by === 'template'
        ? 'The template names it.'
        : 'The template names none, so it is the daemon’s default.';
  return (
    <FormField
      field={PROVISIONER}
      hint={
        !told && (refused !== null || wait !== null) ? (
          <span className="text-warn">
            {refused === null ? wait : `Nothing can be created with it: ${refused}. Choose another one.`}
          </span>
        ) : (
          whose
        )
      }
    >
      {(control) => (
        <Select
          {...control}
          className="w-full"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          <option value="">
            {chosen === null
              ? 'The default'
              : `${chosen.name} (${chosen.by === 'template' ? 'the template’s' : 'the default'})`}
          </option>
          {provisioners
            .filter((each) => each.name !== chosen?.name)
            .map((each) => (
              <option key={each.name} value={each.name} disabled={each.standing !== 'serving'}>
                {each.name}
                {each.standing === 'serving' ? '' : ` (${each.standing})`}
              </option>
            ))}
        </Select>
      )}
    </FormField>
  );
}
