// Templates: what instances can be made from.

import { useQuery } from '@tanstack/react-query';
import { LayoutTemplate } from 'lucide-react';
import { Problem } from '../api/problem';
import { templatesQuery } from '../api/templates';
import { ButtonLink } from '../design/button';
import { EmptyState } from '../design/empty-state';
import { Page, Panel } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { SkeletonRows } from '../design/skeleton';

export function TemplatesPage() {
  const templates = useQuery(templatesQuery);
  return (
    <Page title="Templates" note="What instances can be made from.">
      {templates.error !== null && <ProblemNote problem={Problem.from(templates.error)} />}
      {templates.isPending && <SkeletonRows rows={3} label="Templates are being read" />}
      {templates.data?.length === 0 && (
        <EmptyState icon={LayoutTemplate} title="There are no templates">
          A template is a TOML file in the folder <code>templates</code> beside the configuration. Put one
          there: it appears here without a restart.
        </EmptyState>
      )}
      <ul className="grid gap-3 md:grid-cols-2 wide:grid-cols-3">
        {templates.data?.map((template) => (
          <li key={template.name}>
            <Panel
              title={template.name}
              actions={
                <ButtonLink to="/create" search={{ template: template.name }}>
                  Create instance
                </ButtonLink>
              }
              className="h-full"
            >
              <div className="space-y-1 px-4 py-3">
                <p>{template.description}</p>
                <p className="text-muted">
                  {template.source.kind === 'file'
                    ? `from the file ${template.source.file}`
                    : `from the provisioner ${template.source.provisioner}`}
                </p>
                {template.error !== null && <p className="text-warn">Not the newest: {template.error}</p>}
              </div>
            </Panel>
          </li>
        ))}
      </ul>
    </Page>
  );
}
