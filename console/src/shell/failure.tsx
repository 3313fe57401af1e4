// What a page shows that cannot be shown: an error of the console itself, or a place that is not there.

import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { MapPinOff } from 'lucide-react';
import { Problem } from '../api/problem';
import { Button, ButtonLink } from '../design/button';
import { EmptyState } from '../design/empty-state';
import { Page } from '../design/page';
import { ProblemNote } from '../design/problem-note';

export function Failure({ error }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Page title="This page failed">
      <ProblemNote problem={Problem.from(error)}>
        <Button className="mt-2" onClick={() => router.invalidate()}>
          Try again
        </Button>
      </ProblemNote>
    </Page>
  );
}

export function NoSuchPage() {
  return (
    <Page title="No such page">
      <EmptyState
        icon={MapPinOff}
        title="There is nothing at this address"
        action={<ButtonLink to="/">Go to the instances</ButtonLink>}
      >
        It may be from another release of the console.
      </EmptyState>
    </Page>
  );
}
