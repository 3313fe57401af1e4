// How a provisioner stands, in words. Pure.

import type { Provisioner } from '../api/types';

/** What its capabilities are good for; a plugin may have words of its own. */
const CAPABILITIES: Readonly<Record<string, string>> = {
  owned: 'lists its workloads, so that lost ones are found',
  logs: 'gives logs',
  templates: 'has templates of its own',
};

export function capabilityWords(capability: string): string {
  return CAPABILITIES[capability] ?? 'of its plugin';
}

/** What it means that it does not serve; null where it does. */
export function standingWords({ standing, instances }: Provisioner): string | null {
  if (standing === 'serving') return null;
  const owns = instances === 1 ? '1 instance' : `${instances.toLocaleString()} instances`;
  if (standing === 'retired') {
    return `The configuration lacks it. It looks after the ${owns} it has, takes no new ones, and goes with the last.`;
  }
  if (standing === 'disabled') {
    return `Its table says enabled = false: every call is denied, and its ${owns} are left as they are.`;
  }
  return null;
}
