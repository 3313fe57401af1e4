// What narrows the table. The filter is the address; only what is being typed is held here until it is there.

import { ListFilter, Search, X } from 'lucide-react';
import { type FormEvent, startTransition, useId, useMemo, useRef, useState } from 'react';
import type { Instance, Status } from '../api/types';
import { Button } from '../design/button';
import { Select, TextInput } from '../design/field';
import { Menu, MenuToggle } from '../design/menu';
import { STATUS_LOOK } from '../design/status-badge';
import { STATUSES } from '../design/statuses';
import { cleared, type Filter, narrows, replaced, toggled } from './filter';

/** Labels are suggested from so many instances: looking at all of them at every change would be felt. */
const LOOKED_AT = 500;

export function FilterBar({
  filter,
  instances,
  onChange,
}: {
  filter: Filter;
  instances: readonly Instance[];
  /** The change is made to the filter as it is by then: of two quick ones, both count. Until it is the address. */
  onChange: (change: (now: Filter) => Filter) => Promise<void>;
}) {
  const known = useMemo(() => census(instances), [instances]);
  const set = <K extends keyof Filter>(key: K, value: Filter[K] | undefined) =>
    onChange((now) => replaced(now, key, value));
  return (
    <search className="flex flex-wrap items-center gap-2">
      <span className="relative min-w-40 flex-1 sm:max-w-64">
        <Search size={15} aria-hidden className="absolute top-1/2 left-2.5 -translate-y-1/2 text-muted" />
        <NameInput value={filter.q ?? ''} onChange={(text) => set('q', text || undefined)} />
      </span>
      <StatusMenu
        chosen={filter.status ?? []}
        counts={known.statuses}
        onChange={(status, on) => void onChange((now) => toggled(now, 'status', status, on))}
      />
      <Choice
        every="Every template"
        value={filter.template}
        values={known.templates}
        onChange={(template) => void set('template', template)}
      />
      <Choice
        every="Every provisioner"
        value={filter.provisioner}
        values={known.provisioners}
        onChange={(provisioner) => void set('provisioner', provisioner)}
      />
      <LabelInput
        suggestions={known.labels}
        onAdd={(label) => void onChange((now) => toggled(now, 'label', label, true))}
      />
      {filter.label?.map((label) => (
        <span key={label} className="inline-flex h-8 max-w-full items-center rounded bg-sunken pl-2.5">
          <span className="truncate">{label}</span>
          <button
            type="button"
            aria-label={`Remove the label ${label}`}
            className="inline-flex size-8 shrink-0 items-center justify-center"
            onClick={() => void onChange((now) => toggled(now, 'label', label, false))}
          >
            <X size={14} aria-hidden />
          </button>
        </span>
      ))}
      {narrows(filter) && (
        <Button look="quiet" onClick={() => void onChange(cleared)}>
          Clear filters
        </Button>
      )}
    </search>
  );
}

/** What is typed is shown at once; when all of it is the address, the address is shown, whoever changes it. */
function NameInput({ value, onChange }: { value: string; onChange: (text: string) => Promise<void> }) {
  const [typed, setTyped] = useState<string | null>(null);
  const latest = useRef(0);
  const type = async (text: string) => {
    latest.current += 1;
    const mine = latest.current;
    setTyped(text);
    await onChange(text);
    // Not before the address that was just reached is shown, which is a transition, too.
    if (mine === latest.current) startTransition(() => setTyped(null));
  };
  return (
    <TextInput
      type="search"
      aria-label="Name contains"
      placeholder="Name contains…"
      className="pl-8"
      value={typed ?? value}
      onChange={(event) => void type(event.target.value)}
    />
  );
}

function StatusMenu({
  chosen,
  counts,
  onChange,
}: {
  chosen: readonly Status[];
  counts: ReadonlyMap<Status, number>;
  onChange: (status: Status, on: boolean) => void;
}) {
  return (
    <Menu
      trigger={
        <Button>
          <ListFilter size={15} aria-hidden />
          {chosen.length === 0 ? 'Every status' : chosen.join(', ')}
        </Button>
      }
    >
      {STATUSES.map((status) => {
        const { icon: Icon } = STATUS_LOOK[status];
        return (
          <MenuToggle key={status} checked={chosen.includes(status)} onChange={(on) => onChange(status, on)}>
            <Icon size={15} aria-hidden />
            {status}
            <span className="ml-auto pl-4 text-muted">{counts.get(status) ?? 0}</span>
          </MenuToggle>
        );
      })}
    </Menu>
  );
}

/** One of the values there are; one that is in the address is kept even if nothing has it. */
function Choice({
  every,
  value,
  values,
  onChange,
}: {
  every: string;
  value: string | undefined;
  values: readonly string[];
  onChange: (value: string | undefined) => void;
}) {
  const all = value === undefined || values.includes(value) ? values : [value, ...values];
  return (
    <Select
      aria-label={every}
      className="w-46"
      value={value ?? ''}
      onChange={(event) => onChange(event.target.value || undefined)}
    >
      <option value="">{every}</option>
      {all.map((each) => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </Select>
  );
}

function LabelInput({
  suggestions,
  onAdd,
}: {
  suggestions: readonly string[];
  onAdd: (label: string) => void;
}) {
  const [text, setText] = useState('');
  const list = useId();
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== '') onAdd(text.trim());
    setText('');
  };
  return (
    <form onSubmit={add}>
      <TextInput
        aria-label="Add a label: key=value, then Enter"
        placeholder="Label: key=value ⏎"
        list={list}
        className="w-40"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <datalist id={list}>
        {suggestions.map((label) => (
          <option key={label} value={label} />
        ))}
      </datalist>
    </form>
  );
}

/** What there is to choose from. */
function census(instances: readonly Instance[]) {
  const statuses = new Map<Status, number>();
  const templates = new Set<string>();
  const provisioners = new Set<string>();
  const labels = new Set<string>();
  for (const instance of instances) {
    statuses.set(instance.status, (statuses.get(instance.status) ?? 0) + 1);
    templates.add(instance.template);
    provisioners.add(instance.provisioner);
  }
  for (const instance of instances.slice(-LOOKED_AT)) {
    for (const [key, value] of Object.entries(instance.labels)) labels.add(`${key}=${value}`);
  }
  const sorted = (set: Set<string>) => [...set].sort();
  return {
    statuses,
    templates: sorted(templates),
    provisioners: sorted(provisioners),
    labels: sorted(labels),
  };
}
