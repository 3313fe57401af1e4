// How the configuration file as a whole stands, where that needs to be seen: refused, or waiting for a restart.

import { FileX2, Power } from 'lucide-react';
import type { Configuration } from '../api/types';
import { Age } from '../design/age';

export function ConfigurationNotes({
  configuration: { refusal, needs_restart: keys },
}: {
  configuration: Configuration;
}) {
  return (
    <>
      {refusal !== null && (
        <section
          aria-label="The configuration was refused"
          className="flex gap-2.5 rounded border border-bad/40 bg-bad-soft px-3 py-2.5"
        >
          <FileX2 size={17} aria-hidden className="mt-0.5 shrink-0 text-bad" />
          <div className="min-w-0 flex-1 space-y-1.5">
            <h2 className="text-bad">
              The configuration was refused <Age of={refusal.at} /> ago
            </h2>
            <pre className="whitespace-pre-wrap break-words font-mono text-xs">{refusal.message.trim()}</pre>
            <p>
              What was in force before still is. Mend the file: it is read again by itself, or by “Reload
              now”.
            </p>
          </div>
        </section>
      )}
      {keys.length > 0 && (
        <section
          aria-label="The configuration waits for a restart"
          className="flex gap-2.5 rounded border border-warn/40 bg-warn-soft px-3 py-2.5"
        >
          <Power size={17} aria-hidden className="mt-0.5 shrink-0 text-warn" />
          <div className="min-w-0 flex-1 space-y-1 break-words">
            <h2 className="text-warn">Restart the daemon for all of the configuration to take effect</h2>
            <p>
              {keys.length === 1 ? 'This key has changed: ' : 'These keys have changed: '}
              <code>{keys.join(', ')}</code>. Instances run on while the daemon restarts.
            </p>
          </div>
        </section>
      )}
    </>
  );
}
