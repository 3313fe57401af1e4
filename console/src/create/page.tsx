// Create an instance: the form, and once it is asked for, how its creation goes.

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { LayoutTemplate } from 'lucide-react';
import { useState } from 'react';
import { Problem } from '../api/problem';
import { provisionersQuery } from '../api/provisioners';
import { templatesQuery } from '../api/templates';
import type { Instance, Template } from '../api/types';
import { Button, ButtonLink } from '../design/button';
import { EmptyState } from '../design/empty-state';
import { Page, Panel } from '../design/page';
import { ProblemNote } from '../design/problem-note';
import { Skeleton } from '../design/skeleton';
import { CreateForm } from './form';
import { Progress } from './progress';

const NONE: readonly Template[] = [];

export function CreatePage() {
  const search = useSearch({ from: '/create' });
  const navigate = useNavigate({ from: '/create' });
  const templates = useQuery(templatesQuery);
  const provisioners = useQuery(provisionersQuery);
  const [made, setMade] = useState<Instance | null>(null);
  const [again, setAgain] = useState(false);
  // Where there is no choice nobody has to make it; once made, it stands, also when there is more to choose from.
  const only = templates.data?.length === 1 ? templates.data[0]?.name : undefined;
  const [alone, setAlone] = useState(only);
  if (alone === undefined && only !== undefined) setAlone(only);
  /** Whether the form is shown: then it stays, with what is filled in, even if no template is there for a while. */
  const [formed, setFormed] = useState(false);
  if (made === null && !formed && templates.data !== undefined && templates.data.length > 0) setFormed(true);

  const another = () => {
    setMade(null);
    setFormed(false);
    setAgain(true);
  };

  return (
    <Page
      title="Create an instance"
      note={made === null ? 'An MCP server made from a template, and looked after from then on.' : undefined}
    >
      {made !== null && <Progress made={made} onAnother={another} />}
      {made === null && !formed && templates.data === undefined && templates.error !== null && (
        <ProblemNote problem={Problem.from(templates.error)}>
          <Button className="mt-2" onClick={() => void templates.refetch()}>
            Try again
          </Button>
        </ProblemNote>
      )}
      {made === null && !formed && templates.isPending && <Waiting />}
      {made === null && !formed && templates.data?.length === 0 && (
        <EmptyState
          icon={LayoutTemplate}
          title="There is no template to create from"
          action={<ButtonLink to="/templates">Go to the templates</ButtonLink>}
        >
          A template is a TOML file in the folder <code>templates</code> beside the configuration. Put one
          there: it appears here without a restart.
        </EmptyState>
      )}
      {made === null && formed && (
        <CreateForm
          templates={templates.data ?? NONE}
          provisioners={provisioners.data ?? []}
          asked={search.template ?? alone}
          again={again}
          onChoose={(template) => void navigate({ search: { template }, replace: true, resetScroll: false })}
          onCreated={setMade}
        />
      )}
    </Page>
  );
}

function Waiting() {
  return (
    <Panel className="wide:max-w-[60%]">
      <div role="status" aria-label="Templates are being read" className="space-y-3 px-4 py-4">
        <Skeleton className="w-24" />
        <Skeleton className="h-10" />
        <Skeleton className="w-1/2" />
      </div>
    </Panel>
  );
}
