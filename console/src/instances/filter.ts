// Which instances are shown and in which order: read from the address and applied to the roster. Pure.

import type { Instance, Status } from '../api/types';
import { STATUSES } from '../design/statuses';
import { text, texts } from '../search';

/** As in the address; what is absent filters nothing. */
export interface Filter {
  /** A part of the name. */
  q?: string;
  /** Any of these. */
  status?: Status[];
  template?: string;
  provisioner?: string;
  /** All of these, each `key=value` or only `key`. */
  label?: string[];
  /** By creation; newest first unless it says otherwise. */
  order?: 'oldest';
}

/** What of a search is a filter; anything else is left out. */
export function readFilter(search: Record<string, unknown>): Filter {
  const filter: Filter = {};
  const q = text(search.q);
  const status = texts(search.status)?.filter((each): each is (typeof STATUSES)[number] =>
    (STATUSES as readonly string[]).includes(each),
  );
  const template = text(search.template);
  const provisioner = text(search.provisioner);
  const label = texts(search.label);
  if (q !== undefined) filter.q = q;
  if (status !== undefined && status.length > 0) filter.status = status;
  if (template !== undefined) filter.template = template;
  if (provisioner !== undefined) filter.provisioner = provisioner;
  if (label !== undefined) filter.label = label;
  if (search.order === 'oldest') filter.order = 'oldest';
  return filter;
}

/** Whether it leaves anything out. */
export function narrows({ order: _, ...filter }: Filter): boolean {
  return Object.keys(filter).length > 0;
}

/** With another value for one of its parts; undefined takes the part out. */
export function replaced<K extends keyof Filter>(
  filter: Filter,
  key: K,
  value: Filter[K] | undefined,
): Filter {
  const { [key]: _, ...rest } = filter;
  return value === undefined ? rest : { ...rest, [key]: value };
}

/** With one of several values in, or out. */
export function toggled<K extends 'status' | 'label'>(
  filter: Filter,
  key: K,
  value: NonNullable<Filter[K]>[number],
  on: boolean,
): Filter {
  const others = (filter[key] ?? []).filter((each) => each !== value);
  const values = on ? [...others, value] : others;
  return replaced(filter, key, values.length === 0 ? undefined : (values as Filter[K]));
}

/** Without whatever leaves something out. */
export function cleared({ order }: Filter): Filter {
  return order === undefined ? {} : { order };
}

export function passes(filter: Filter, instance: Instance): boolean {
  return (
    (filter.q === undefined || instance.name.includes(filter.q.toLowerCase())) &&
    (filter.status === undefined || filter.status.includes(instance.status)) &&
    (filter.template === undefined || instance.template === filter.template) &&
    (filter.provisioner === undefined || instance.provisioner === filter.provisioner) &&
    (filter.label ?? []).every((label) => hasLabel(instance, label))
  );
}

/** Those that pass, in the order that is asked for. Ids sort by creation time. */
export function select(filter: Filter, instances: Iterable<Instance>): Instance[] {
  const found: Instance[] = [];
  for (const instance of instances) if (passes(filter, instance)) found.push(instance);
  const later = filter.order === 'oldest' ? 1 : -1;
  return found.sort((a, b) => (a.id < b.id ? -later : a.id > b.id ? later : 0));
}

function hasLabel(instance: Instance, label: string): boolean {
  const equals = label.indexOf('=');
  if (equals < 0) return Object.hasOwn(instance.labels, label);
  const key = label.slice(0, equals);
  return Object.hasOwn(instance.labels, key) && instance.labels[key] === label.slice(equals + 1);
}
