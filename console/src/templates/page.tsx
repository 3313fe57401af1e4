// Templates: what instances can be made from.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { LayoutTemplate, Plus } from 'lucide-react';
import { problemOf } from '../api/reading';
import { templatesQuery } from '../api/templates';
import type { Template } from '../api/types';
import { Age } from '../design/age';
import { ButtonLink } from '../design/button';
import { EmptyState } from '../design/empty-state';
import { Page } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';
import { TemplateIcon } from '../design/template-icon';
import { StaleNote } from './stale-note';
import { inputWords, sourceWords } from './words';

export function TemplatesPage() {
  const templates = useQuery(templatesQuery);
  const problem = problemOf(templates);
  return (
    <Page title="Templates" note="What instances can be made from.">
      {problem !== null && <ProblemNote problem={problem} />}
      {templates.isPending && <SkeletonRows rows={4} label="Templates are being read" />}
      {templates.data?.length === 0 && (
        <EmptyState icon={LayoutTemplate} title="There are no templates">
          A template is a TOML file in the folder <code>templates</code> beside the configuration. Put one
          there: it appears here without a restart.
        </EmptyState>
      )}
      <ul className="grid gap-3 md:grid-cols-2 wide:grid-cols-3">
        {templates.data?.map((template) => (
          <li key={template.name}>
            <Card template={template} />
          </li>
        ))}
      </ul>
    </Page>
  );
}

function Card({ template }: { template: Template }) {
  const { name, description, icon, provisioner, inputs } = template;
  return (
    <section
      aria-label={name}
      className="flex h-full flex-col gap-3 rounded-md border border-line bg-surface px-4 py-3.5"
    >
      <div className="flex items-start gap-3">
        <TemplateIcon icon={icon} />
        <div className="min-w-0 flex-1">
          <h2 className="break-words">
            <Link to="/templates/$name" params={{ name }} className="underline-offset-2 hover:underline">
              {name}
            </Link>
          </h2>
          <p className="break-words">
            {description === '' ? <span className="text-muted">It has no description.</span> : description}
          </p>
        </div>
      </div>
      <StaleNote template={template} />
      <p className="break-words text-muted">
        {inputWords(inputs)} · made by {provisioner ?? 'the default provisioner'} · from{' '}
        {sourceWords(template)}, read <Age of={template.observed_at} /> ago
      </p>
      <div className="mt-auto flex flex-wrap gap-2">
        <ButtonLink to="/create" search={{ template: name }} aria-label={`Create instance from ${name}`}>
          <Plus size={15} aria-hidden />
          Create instance
        </ButtonLink>
        <ButtonLink look="quiet" to="/templates/$name" params={{ name }} aria-label={`Details of ${name}`}>
          Details
        </ButtonLink>
      </div>
    </section>
  );
}
