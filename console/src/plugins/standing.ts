// How a plugin stands, in words: which order plugins are shown in, and why what serves is not what is wanted. Pure.

import type { Hook, Plugin, PluginList } from '../api/types';

/** The code of a refusal that somebody asked for. */
export const ROLLED_BACK = 'rolled_back';

export interface Arranged {
  /** In the order they are asked; hooks that are not asked come last, with null. */
  hooks: { plugin: Plugin; hook: Hook | null }[];
  provisioners: Plugin[];
}

export function arrange({ plugins, hooks }: PluginList): Arranged {
  const ofHooks = plugins.filter(({ kind }) => kind === 'hook');
  const place = (plugin: Plugin) => {
    const at = hooks.findIndex(({ name }) => name === plugin.name);
    return at < 0 ? hooks.length : at;
  };
  return {
    hooks: ofHooks
      .sort((a, b) => place(a) - place(b))
      .map((plugin) => ({ plugin, hook: hooks[place(plugin)] ?? null })),
    provisioners: plugins.filter(({ kind }) => kind === 'provisioner'),
  };
}

/** Why what serves is not what the configuration asks for; null where it is. */
export function difference({ active, desired, last_refusal: refusal, state }: Plugin): string | null {
  const serves = active === null ? 'Nothing serves.' : 'What served before goes on serving.';
  if (state === 'retired') return 'The configuration has no table for it any more.';
  if (refusal?.code === ROLLED_BACK)
    return 'It was rolled back: an earlier version serves until file or table change.';
  if (refusal !== null) return `What the configuration asks for was refused. ${serves}`;
  if (desired === null) return `Its file cannot be read. ${serves}`;
  if (active === null) return 'Nothing serves.';
  if (desired.digest !== active.digest)
    return 'The file has changed and is not loaded yet: it is read by itself, or by “Reload now”.';
  return null;
}

/** Which requests a hook is asked about. */
export function scope({ when: { template, label } }: Hook): string {
  const parts = [
    template.length > 0 && `template ${template.join(' or ')}`,
    label.length > 0 && `label ${label.join(' or ')}`,
  ].filter(Boolean);
  return parts.length === 0 ? 'every request' : `requests with ${parts.join(', and ')}`;
}

/** What its verdict does. */
export function effect({ mode, on_error: onError }: Hook): string {
  const failed =
    onError === 'deny' ? 'a review that fails counts as denied' : 'a review that fails counts as allowed';
  if (mode === 'audit') return `What it denies is only recorded; ${failed}.`;
  return `What it denies is refused; ${failed}.`;
}
