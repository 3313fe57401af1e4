// Which provisioner would make the instance, and what speaks against it. Pure.

import type { Provisioner, Template } from '../api/types';

export interface Chosen {
  readonly name: string;
  /** Whose choice it is when the user made none. */
  readonly by: 'template' | 'daemon';
}

/** Null while the provisioners are not known and the template names none. */
export function defaultFor(template: Template, provisioners: readonly Provisioner[]): Chosen | null {
  if (template.provisioner !== null) return { name: template.provisioner, by: 'template' };
  const fallback = provisioners.find((each) => each.default);
  return fallback === undefined ? null : { name: fallback.name, by: 'daemon' };
}

/** Why a provisioner takes no new instances; null if it does, or if nothing is known. */
export function refusal(name: string, provisioners: readonly Provisioner[]): string | null {
  const found = provisioners.find((each) => each.name === name);
  if (provisioners.length === 0 || found?.standing === 'serving') return null;
  if (found === undefined) return `there is no provisioner ${name}`;
  return `the provisioner ${name} is ${found.standing}`;
}

/** Why a creation may have to wait; null if nothing is known against it. */
export function doubt(name: string, provisioners: readonly Provisioner[]): string | null {
  const found = provisioners.find((each) => each.name === name);
  if (found === undefined || found.standing !== 'serving') return null;
  if (found.breaker.state === 'paused')
    return 'It is paused, since its backend did not answer: what is created waits.';
  if (found.reachable === false)
    return 'Its backend did not answer the last call: what is created may have to wait.';
  return null;
}

/** Why nothing can be made from a template unless another provisioner is chosen. */
export function unusable(template: Template, provisioners: readonly Provisioner[]): string | null {
  const chosen = defaultFor(template, provisioners);
  return chosen === null ? null : refusal(chosen.name, provisioners);
}
