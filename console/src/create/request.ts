// The request that a draft means. Pure.

import type { CreateRequest, Template } from '../api/types';
import { type Draft, isBlank, valueFor } from './draft';

/**
 * An input that is left empty and has no default is not given. One that has a default and was emptied is given as
 * empty: to leave it out would bring the default back, unseen.
 */
export function requestOf(template: Template, draft: Draft, name: string): CreateRequest {
  const environment: [string, string][] = [];
  const secrets: [string, string][] = [];
  for (const input of template.inputs) {
    const value = valueFor(input, draft);
    if (value === '' && input.default === null) continue;
    (input.secret ? secrets : environment).push([input.name, value]);
  }
  for (const row of draft.variables) {
    if (!isBlank(row)) (row.secret ? secrets : environment).push([row.key, row.value]);
  }
  const labels = draft.labels.filter((row) => !isBlank(row)).map((row) => [row.key, row.value]);
  return {
    name,
    template: template.name,
    ...(draft.description === '' ? {} : { description: draft.description }),
    ...(draft.provisioner === '' ? {} : { provisioner: draft.provisioner }),
    environment: Object.fromEntries(environment),
    secrets: Object.fromEntries(secrets),
    labels: Object.fromEntries(labels),
  };
}
