// The two questions to the daemon, "Check" and "Create": which is out, what came of the last one, and what was edited
// since. Not TanStack's mutations: those keep in a cache what was sent, and secrets are sent.

import { useRef, useState } from 'react';
import { checkInstance, createInstance } from '../api/instances';
import { Problem } from '../api/problem';
import type { CreateRequest, Instance } from '../api/types';
import { type Answer, sentIn } from './answer';
import { Keys } from './idempotency';

/** With these the key was used up: what is sent next is another wish. */
const KEY_IS_OVER = ['idempotent_instance_gone', 'idempotency_key_reused'];

export function useAsking(onCreated: (instance: Instance) => void) {
  const keys = useRef(new Keys());
  const out = useRef(false);
  const [asking, setAsking] = useState<Answer['asked'] | null>(null);
  const [answer, setAnswer] = useState<Answer | null>(null);
  /** Places of fields that were edited since the answer: what was said of them is about what they were. */
  const [edited, setEdited] = useState<ReadonlySet<string>>(new Set());

  async function ask(asked: Answer['asked'], request: CreateRequest) {
    // A double click is here twice before anything is drawn again.
    if (out.current) return;
    out.current = true;
    setAsking(asked);
    setEdited(new Set());
    const about = { asked, template: request.template, sent: sentIn(request) };
    try {
      if (asked === 'check') {
        setAnswer({ ...about, problem: null, dryRun: await checkInstance(request) });
      } else {
        const instance = await createInstance(request, keys.current.for(request));
        keys.current.forget();
        setAnswer(null);
        onCreated(instance);
      }
    } catch (thrown) {
      const problem = Problem.from(thrown);
      if (KEY_IS_OVER.includes(problem.code)) keys.current.forget();
      setAnswer({ ...about, problem, dryRun: null });
    } finally {
      out.current = false;
      setAsking(null);
    }
  }

  return {
    asking,
    answer,
    edited,
    ask,
    /** What was said is of no interest any more. */
    dismiss: () => setAnswer(null),
    edit: (place: string) => setEdited((all) => new Set(all).add(place)),
  };
}
