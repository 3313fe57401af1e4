// What came of reading configuration and plugins again, in a sentence. Pure.

import type { Reloaded } from '../api/plugins';
import { ROLLED_BACK } from './standing';

export function outcome({ list, finished, before }: Reloaded): { tone: 'good' | 'bad'; text: string } {
  if (!finished) {
    return { tone: 'good', text: 'It is still being read: what comes of it is shown here by itself.' };
  }
  if (list.configuration.refusal !== null) {
    return {
      tone: 'bad',
      text: 'The configuration was refused. What was in force before still is, but for what the file takes away.',
    };
  }
  const refused = list.plugins.filter(
    ({ last_refusal: refusal }) => refusal !== null && refusal.code !== ROLLED_BACK,
  );
  if (refused.length > 0) {
    const names = refused.map(({ name }) => name).join(', ');
    return { tone: 'bad', text: `Refused: ${names}. What served before goes on serving.` };
  }
  const wait = list.configuration.needs_restart.length;
  const waiting = wait === 0 ? '' : ` ${wait} ${wait === 1 ? 'key waits' : 'keys wait'} for a restart.`;
  if (list.generation === before) {
    return { tone: 'good', text: `No plugin has changed: generation ${list.generation} stays.${waiting}` };
  }
  return { tone: 'good', text: `Generation ${list.generation} is active now.${waiting}` };
}
