// How the configuration file as a whole stands, where that needs to be seen: refused, or waiting for a restart.

import { FileX2, Power } from 'lucide-react';
import type { Configuration } from '../api/types';
import { Age } from '../design/age';
import { Note } from '../design/note';

export function ConfigurationNotes({
  configuration: { refusal, needs_restart: keys },
}: {
  configuration: Configuration;
}) {
  return (
    <>
      {refusal !== null && (
        <Note
          tone="bad"
          icon={FileX2}
          title={
            <>
              The configuration was refused <Age of={refusal.at} /> ago
            </>
          }
        >
          <pre className="whitespace-pre-wrap break-words font-mono text-xs">{refusal.message.trim()}</pre>
          <p>
            What was in force before still is, but for what the file takes away. Mend the file: it is read
            again by itself, or by “Reload now”.
          </p>
        </Note>
      )}
      {keys.length > 0 && (
        <Note tone="warn" icon={Power} title="Restart the daemon for all of the configuration to take effect">
          <p>
            {keys.length === 1 ? 'This key has changed: ' : 'These keys have changed: '}
            <code>{keys.join(', ')}</code>. Instances run on while the daemon restarts.
          </p>
        </Note>
      )}
    </>
  );
}
