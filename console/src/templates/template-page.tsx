// One template: what it asks for, what it runs, and when its instances count as healthy.

import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { KeyRound, LayoutTemplate, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { problemOf } from '../api/reading';
import { templatesQuery } from '../api/templates';
import type { Template } from '../api/types';
import { Age } from '../design/age';
import { ButtonLink } from '../design/button';
import { EmptyState } from '../design/empty-state';
import { Fact, Facts, Page, Panel } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';
import { Cell, RowHead, Table } from '../design/table';
import { TemplateIcon } from '../design/template-icon';
import { useRoster } from '../live/context';
import { StaleNote } from './stale-note';
import { mustBeGiven, sourceWords, valueWords } from './words';

export function TemplatePage() {
  const { name } = useParams({ from: '/templates/$name' });
  const templates = useQuery(templatesQuery);
  const problem = problemOf(templates);
  const template = templates.data?.find((each) => each.name === name);
  if (template !== undefined) return <Known template={template} />;
  return (
    <Page title={name}>
      {problem !== null && <ProblemNote problem={problem} />}
      {templates.isPending && <SkeletonRows rows={6} label="The template is being read" />}
      {templates.data !== undefined && (
        <EmptyState
          icon={LayoutTemplate}
          title="There is no such template"
          action={<ButtonLink to="/templates">Go to the templates</ButtonLink>}
        >
          It may have been removed or renamed. Instances that were made from it are not touched by that.
        </EmptyState>
      )}
    </Page>
  );
}

function Known({ template }: { template: Template }) {
  const { name, description, health } = template;
  const { records } = useRoster();
  let made = 0;
  for (const instance of records.values()) if (instance.template === name) made += 1;
  return (
    <Page
      title={name}
      note={description}
      actions={
        <>
          <ButtonLink to="/templates">All templates</ButtonLink>
          <ButtonLink look="main" to="/create" search={{ template: name }}>
            <Plus size={16} aria-hidden />
            Create instance
          </ButtonLink>
        </>
      }
    >
      <StaleNote template={template} />
      <Panel title="Inputs">
        {template.inputs.length === 0 ? (
          <p className="px-4 py-3 text-muted">
            It asks for none. A request may bring environment variables all the same.
          </p>
        ) : (
          <Inputs template={template} />
        )}
      </Panel>
      <div className="grid items-start gap-4 wide:grid-cols-2">
        <Panel
          title={
            <span className="flex items-center gap-2">
              <TemplateIcon icon={template.icon} size={18} /> What it is
            </span>
          }
        >
          <Facts>
            <Fact name="From">
              {sourceWords(template)}, read <Age of={template.observed_at} /> ago
            </Fact>
            <Fact name="Made by">
              {template.provisioner ?? 'the default provisioner'}, unless a request says otherwise
            </Fact>
            <Fact name="Image">{template.image === null ? <None /> : <Code>{template.image}</Code>}</Fact>
            <Fact name="Command">
              {template.command.length === 0 ? (
                'as the image decides'
              ) : (
                <Code>{template.command.join(' ')}</Code>
              )}
            </Fact>
            <Fact name="Endpoint">
              port {template.port}, path <Code>{template.path}</Code>, {template.transport}
            </Fact>
            <Fact name="Instances">
              <Link to="/" search={{ template: name }} className="underline underline-offset-2">
                {made.toLocaleString()} {made === 1 ? 'instance' : 'instances'}
              </Link>
            </Fact>
          </Facts>
        </Panel>
        <Panel title="What its instances get">
          <Facts>
            <Fact name="Environment">
              <Pairs of={template.environment} />
            </Fact>
            <Fact name="Labels">
              <Pairs of={template.labels} />
            </Fact>
            <Fact name="Resources">
              <Pairs of={template.resources} />
            </Fact>
            <Fact name="Probes">
              every {health.interval}, {health.timeout} for each question; {health.failures} failures in a row
              make an instance unhealthy; those in its first {health.start_period} do not count
            </Fact>
            <Fact name="Tools expected">
              {health.expect_tools.length === 0 ? <None /> : <Code>{health.expect_tools.join(', ')}</Code>}
            </Fact>
          </Facts>
        </Panel>
      </div>
    </Page>
  );
}

function Inputs({ template: { inputs } }: { template: Template }) {
  return (
    <Table label="Inputs" columns={['Name', 'What for', 'Takes', 'Default']}>
      {inputs.map((input) => (
        <tr key={input.name}>
          <RowHead>
            <span className="inline-flex items-center gap-1.5">
              <code>{input.name}</code>
              {input.secret && (
                <span title="Secret: it is never shown again" className="text-muted">
                  <KeyRound size={14} aria-hidden className="inline" /> secret
                </span>
              )}
              {mustBeGiven(input) && <span className="font-normal text-muted">(required)</span>}
            </span>
          </RowHead>
          <Cell className="min-w-48">{input.description}</Cell>
          <Cell className="min-w-40 break-words">{valueWords(input)}</Cell>
          <Cell>{input.default === null ? <None /> : <code>{input.default}</code>}</Cell>
        </tr>
      ))}
    </Table>
  );
}

function Pairs({ of }: { of: Readonly<Record<string, string>> }) {
  const pairs = Object.entries(of);
  if (pairs.length === 0) return <None />;
  return (
    <ul>
      {pairs.map(([key, value]) => (
        <li key={key}>
          <Code>
            {key}={value}
          </Code>
        </li>
      ))}
    </ul>
  );
}

function Code({ children }: { children: ReactNode }) {
  return <code className="break-all">{children}</code>;
}

function None() {
  return <span className="text-muted">none</span>;
}
