// Create an instance from a template.

import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { createInstance } from '../api/instances';
import { Problem } from '../api/problem';
import { templatesQuery } from '../api/templates';
import { Button } from '../design/button';
import { Field, Select, TextInput } from '../design/field';
import { Page, Panel } from '../design/page';
import { ProblemNote } from '../design/problem-note';

export function CreatePage() {
  const asked = useSearch({ from: '/create' }).template;
  const navigate = useNavigate();
  const templates = useQuery(templatesQuery);
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState(asked);
  const template = chosen ?? templates.data?.[0]?.name ?? '';
  const create = useMutation({
    mutationFn: createInstance,
    onSuccess: (instance) => navigate({ to: '/instances/$id', params: { id: instance.id } }),
  });
  const problem = create.error === null ? null : Problem.from(create.error);
  const wrong = (pointer: string) =>
    problem?.errors.filter((error) => error.pointer === pointer).map((error) => error.message) ?? [];
  return (
    <Page title="Create an instance">
      <Panel className="max-w-xl">
        <form
          className="space-y-4 px-4 py-4"
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate({ name, template });
          }}
        >
          <Field
            label="Name"
            required
            hint="Small letters, digits and “-”; unique among living instances."
            errors={wrong('/name')}
          >
            {(control) => (
              <TextInput
                {...control}
                required
                maxLength={63}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label="Template" required errors={wrong('/template')}>
            {(control) => (
              <Select {...control} value={template} onChange={(event) => setChosen(event.target.value)}>
                {templates.data?.map((each) => (
                  <option key={each.name} value={each.name}>
                    {each.name}: {each.description}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {problem !== null && <ProblemNote problem={problem} fields={['/name', '/template']} />}
          {templates.error !== null && <ProblemNote problem={Problem.from(templates.error)} />}
          <Button type="submit" look="main" disabled={create.isPending || template === ''}>
            Create
          </Button>
        </form>
      </Panel>
    </Page>
  );
}
