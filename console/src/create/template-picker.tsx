// The choice of a template: a list that is narrowed by typing, with each one's picture and what it is for (the ARIA
// pattern of an editable combobox: arrows move, Enter takes, Escape closes).

import { ChevronDown } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { Provisioner, Template } from '../api/types';
import { classes } from '../design/classes';
import { type FieldControl, TextInput } from '../design/field';
import { TemplateIcon } from '../design/template-icon';
import { unusable } from './standing';

export function TemplatePicker({
  control,
  templates,
  provisioners,
  chosen,
  onChoose,
}: {
  control: FieldControl;
  templates: readonly Template[];
  provisioners: readonly Provisioner[];
  chosen: Template | null;
  onChoose: (name: string) => void;
}) {
  const [open, setOpen] = useState(false);
  /** What is typed to narrow the list; null: nothing yet. */
  const [typed, setTyped] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const shown = narrowed(templates, typed ?? '');
  const listId = `${control.id}-list`;

  const show = () => {
    if (open) return;
    setTyped(null);
    setActive(chosen === null ? 0 : Math.max(0, templates.indexOf(chosen)));
    setOpen(true);
  };
  const take = (template: Template | undefined) => {
    setOpen(false);
    setTyped(null);
    if (template !== undefined && template !== chosen) onChoose(template.name);
  };
  useEffect(() => {
    if (open) list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [open, active]);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (!open) show();
      else if (shown.length > 0) setActive((active + step + shown.length) % shown.length);
    } else if (event.key === 'Enter') {
      // It chooses here, and must not send the form.
      event.preventDefault();
      if (open) take(shown[active]);
      else show();
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      take(undefined);
    }
  };

  return (
    <span className="relative block">
      <span className="absolute top-1/2 left-2 z-1 flex -translate-y-1/2">
        <TemplateIcon icon={chosen?.icon ?? null} size={16} />
      </span>
      <TextInput
        {...control}
        role="combobox"
        aria-required
        aria-expanded={open}
        aria-controls={open ? listId : undefined}
        aria-autocomplete="list"
        aria-activedescendant={open && shown.length > 0 ? `${listId}-${active}` : undefined}
        placeholder="Choose a template, or type to search"
        className="h-10 pr-8 pl-10"
        value={typed ?? chosen?.name ?? ''}
        onFocus={(event) => event.target.select()}
        onClick={show}
        onBlur={() => take(undefined)}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          show();
          setTyped(event.target.value);
          setActive(0);
        }}
      />
      <ChevronDown
        size={15}
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2.5 -translate-y-1/2 text-muted"
      />
      {open && (
        <div
          ref={list}
          id={listId}
          role="listbox"
          aria-label="Templates"
          className="absolute inset-x-0 top-full z-20 mt-1 max-h-[min(24rem,60vh)] overflow-y-auto rounded-md border border-line bg-surface p-1 shadow-raised"
        >
          {shown.map((template, place) => {
            const against = unusable(template, provisioners);
            return (
              <div
                key={template.name}
                id={`${listId}-${place}`}
                role="option"
                tabIndex={-1}
                aria-selected={template === chosen}
                // The focus stays where it is typed.
                onPointerDown={(event) => event.preventDefault()}
                onPointerMove={() => setActive(place)}
                onClick={() => take(template)}
                onKeyDown={onKeyDown}
                className={classes(
                  'flex cursor-pointer items-start gap-2.5 rounded px-2 py-1.5',
                  place === active && 'bg-sunken',
                )}
              >
                <TemplateIcon icon={template.icon} size={16} />
                <span className="min-w-0 flex-1 break-words">
                  <span className="font-medium">{template.name}</span>
                  {template === chosen && <span className="text-muted"> · chosen</span>}
                  <span className="block text-muted text-xs">{template.description}</span>
                  {against !== null && (
                    <span className="block text-warn text-xs">Needs another provisioner: {against}.</span>
                  )}
                </span>
              </div>
            );
          })}
        </div>
      )}
      {open && shown.length === 0 && (
        <p
          role="status"
          className="absolute inset-x-0 top-full z-20 mt-1 rounded-md border border-line bg-surface px-3 py-2 shadow-raised"
        >
          No template has “{typed}” in its name or description.
        </p>
      )}
    </span>
  );
}

function narrowed(templates: readonly Template[], typed: string): readonly Template[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return templates.filter((template) => {
    const text = `${template.name} ${template.description}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
