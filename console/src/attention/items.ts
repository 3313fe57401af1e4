// What needs attention, and for each the one button that helps. Pure: it is given what the API says.
//
// What heals by itself is not here: an instance that recovers, a backend nobody uses that does not answer.

import type { Instance, Orphan, Plugin, PluginList, Provisioner, Template } from '../api/types';
import { healthOf } from '../instances/health';
import { ROLLED_BACK } from '../plugins/standing';

/** What the button of an item does. */
export type Help =
  | { act: 'retry' | 'restart'; instance: Instance }
  | { act: 'create-another'; template: string }
  | { act: 'roll-back'; plugin: Plugin }
  | { act: 'reload' }
  | { act: 'decide'; orphan: Orphan }
  | { act: 'show'; place: '/plugins' | '/provisioners' | '/templates' };

export interface Item {
  key: string;
  /** What it is about, by name. */
  what: string;
  /** The instance it is about, if one: its page has the rest. */
  instance: string | null;
  /** What is wrong, in a word or two. */
  wrong: string;
  since: string | null;
  /** In the words of whoever found it; may be of several lines. */
  reason: string;
  /** Null when no button can help: then the reason says what to do. */
  help: Help | null;
}

export const GROUPS = {
  configuration: 'Configuration',
  provisioners: 'Provisioners',
  plugins: 'Plugins',
  templates: 'Templates',
  failed: 'Failed instances',
  unhealthy: 'Unhealthy instances',
  orphans: 'Workloads without a record',
} as const;

export interface Group {
  kind: keyof typeof GROUPS;
  items: readonly Item[];
}

/** What is known so far; what could not be read yet is absent. */
export interface Known {
  instances: Iterable<Instance>;
  plugins?: PluginList | undefined;
  provisioners?: readonly Provisioner[] | undefined;
  templates?: readonly Template[] | undefined;
  orphans?: readonly Orphan[] | undefined;
}

/** Groups that are not empty, what stands in the way of everything first; in each, what came last is first. */
export function attention(known: Known): Group[] {
  const failed: Item[] = [];
  const unhealthy: Item[] = [];
  for (const instance of known.instances) {
    if (instance.status === 'failed') failed.push(ofFailed(instance));
    else if (instance.status === 'unhealthy') unhealthy.push(ofUnhealthy(instance));
  }
  const groups: Group[] = [
    { kind: 'configuration', items: ofConfiguration(known.plugins) },
    { kind: 'provisioners', items: (known.provisioners ?? []).flatMap(ofProvisioner) },
    { kind: 'plugins', items: (known.plugins?.plugins ?? []).flatMap(ofPlugin) },
    { kind: 'templates', items: (known.templates ?? []).flatMap(ofTemplate) },
    { kind: 'failed', items: failed.sort(latestFirst) },
    { kind: 'unhealthy', items: unhealthy.sort(latestFirst) },
    { kind: 'orphans', items: (known.orphans ?? []).map(ofOrphan) },
  ];
  return groups.filter(({ items }) => items.length > 0);
}

export function count(groups: readonly Group[]): number {
  return groups.reduce((sum, { items }) => sum + items.length, 0);
}

/** What is named where there is room for one: the first that a button helps with. */
export function foremost(groups: readonly Group[]): Item | null {
  for (const { items } of groups) {
    const helped = items.find(({ help }) => help !== null);
    if (helped !== undefined) return helped;
  }
  return groups[0]?.items[0] ?? null;
}

function latestFirst(a: Item, b: Item): number {
  const [one, other] = [a.since ?? '', b.since ?? ''];
  return one < other ? 1 : one > other ? -1 : 0;
}

/** The same request goes wrong again where its backend always refuses it. */
const HOPELESS: readonly string[] = ['invalid', 'unsupported'];

function ofFailed(instance: Instance): Item {
  const { error } = instance;
  const hopeless = error !== null && HOPELESS.includes(error.code);
  return {
    key: `failed ${instance.id}`,
    what: instance.name,
    instance: instance.id,
    wrong: 'failed',
    since: instance.updated_at,
    reason:
      error === null
        ? 'Its page says more.'
        : `${sentence(error.message)} ${capital(sentence(error.remedy))}`,
    help: hopeless ? { act: 'create-another', template: instance.template } : { act: 'retry', instance },
  };
}

function ofUnhealthy(instance: Instance): Item {
  const { word, why } = healthOf(instance);
  return {
    key: `unhealthy ${instance.id}`,
    what: instance.name,
    instance: instance.id,
    wrong: 'unhealthy',
    // What does not hold knows since when; the record may have been written for another reason since.
    since: instance.conditions.find(({ message }) => message === why)?.since ?? instance.updated_at,
    reason: why === null ? word : `${word}: ${why}`,
    help: { act: 'restart', instance },
  };
}

function ofConfiguration(list: PluginList | undefined): Item[] {
  if (list === undefined) return [];
  const { refusal, needs_restart: keys } = list.configuration;
  const items: Item[] = [];
  if (refusal !== null) {
    items.push({
      key: 'configuration refused',
      what: 'The configuration',
      instance: null,
      wrong: 'was refused',
      since: refusal.at,
      reason: `${refusal.message.trim()}\nWhat was in force before still is, but for what the file takes away. Mend the file: it is read again by itself, or now.`,
      help: { act: 'reload' },
    });
  }
  if (keys.length > 0) {
    items.push({
      key: 'configuration restart',
      what: 'The configuration',
      instance: null,
      wrong: 'has changes that wait for a restart',
      since: null,
      reason: `${keys.join(', ')} ${keys.length === 1 ? 'takes' : 'take'} effect when the daemon is restarted. Instances run on meanwhile.`,
      help: null,
    });
  }
  return items;
}

function ofPlugin(plugin: Plugin): Item[] {
  const { name, kind, quarantine, last_refusal: refusal, previous } = plugin;
  const base = { what: `The ${kind} ${name}`, instance: null };
  const show: Help = { act: 'show', place: '/plugins' };
  if (quarantine !== null) {
    return [
      {
        ...base,
        key: `quarantined ${kind} ${name}`,
        wrong: 'is quarantined',
        since: quarantine.since,
        reason: `${sentence(quarantine.reason)} It ended badly ${quarantine.failures} times in a row, and is left alone for a while.`,
        help: previous.length > 0 ? { act: 'roll-back', plugin } : show,
      },
    ];
  }
  if (refusal === null) return [];
  const rolledBack = refusal.code === ROLLED_BACK;
  return [
    {
      ...base,
      key: `refused ${kind} ${name}`,
      wrong: rolledBack ? 'was rolled back' : 'was refused',
      since: refusal.at,
      reason: rolledBack
        ? 'An earlier version serves, and the configuration still asks for the one that was rolled back. Change its file or its table.'
        : sentence(refusal.message),
      help: rolledBack ? show : { act: 'reload' },
    },
  ];
}

/** Nobody misses a backend that is not the default and has no instances. */
function ofProvisioner(provisioner: Provisioner): Item[] {
  const { name, breaker, recovery, reachable, standing } = provisioner;
  const used = provisioner.default || provisioner.instances > 0;
  if (!used || standing === 'disabled') return [];
  const base = {
    key: `provisioner ${name}`,
    what: `The provisioner ${name}`,
    instance: null,
    help: { act: 'show', place: '/provisioners' } as const,
  };
  const meanwhile = 'Its instances are not made anew and do not fail meanwhile.';
  if (breaker.state !== 'closed') {
    const reason = `${breaker.reason === null ? '' : `${sentence(breaker.reason)} `}${meanwhile}`;
    return [{ ...base, wrong: 'is paused', since: breaker.since, reason }];
  }
  if (recovery.frozen) {
    return [
      {
        ...base,
        wrong: 'has its recovery frozen',
        since: recovery.frozen_since,
        reason:
          'Too many of its workloads went silent at once. They are left alone until its backend says more.',
      },
    ];
  }
  if (reachable === false) {
    return [
      {
        ...base,
        wrong: 'is not reachable',
        since: provisioner.since,
        reason:
          breaker.reason === null ? 'Its backend did not answer the last call.' : sentence(breaker.reason),
      },
    ];
  }
  return [];
}

/** Of a backend that is away, its provisioner tells. */
function ofTemplate({ name, source, error }: Template): Item[] {
  if (error === null || source.kind !== 'file') return [];
  return [
    {
      key: `template ${name}`,
      what: `The template ${name}`,
      instance: null,
      wrong: 'was refused',
      // When it was read last is known, and not since when its file is refused.
      since: null,
      reason: `${sentence(error)} What was read from ${source.file} before is used.`,
      help: { act: 'show', place: '/templates' },
    },
  ];
}

function ofOrphan(orphan: Orphan): Item {
  const marked = orphan.instance_id !== null;
  return {
    key: `orphan ${orphan.provisioner} ${orphan.workload}`,
    what: orphan.workload,
    instance: null,
    wrong: 'has no record',
    since: orphan.first_seen,
    reason: `At ${orphan.provisioner} it is ${orphan.state} (${orphan.reason}). ${
      marked
        ? 'It carries the mark of this installation, and may come from a restored backup: adopt it, or have it destroyed.'
        : 'Its mark is lost, so that only its backend’s own means can remove it.'
    }`,
    help: marked ? { act: 'decide', orphan } : null,
  };
}

/** Ends with a full stop, so that another sentence can follow; the text itself stays as it is. */
function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
