// Which cached answers an event makes old. Pure. The roster is not among them: the keeper looks after it.

import type { QueryKey } from '@tanstack/react-query';
import { keys } from '../api/keys';
import type { InstanceEvent } from '../api/types';

/** Each key once, however many events there are. */
export function affected(events: readonly InstanceEvent[]): QueryKey[] {
  const found = new Map<string, QueryKey>();
  const add = (key: QueryKey) => found.set(JSON.stringify(key), key);
  for (const event of events) {
    if (event.instance !== null) {
      // A page may know it by its name, as the API does.
      add(keys.instances.one(event.instance.id));
      add(keys.instances.one(event.instance.name));
      continue;
    }
    // About no instance, or about many: pauses and freezes of provisioners, orphans, a sweep. New types may
    // come, so whatever such an event can be about is read again.
    add(keys.provisioners);
    add(keys.plugins);
    add(keys.orphans);
  }
  return [...found.values()];
}
