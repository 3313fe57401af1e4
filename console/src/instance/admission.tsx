// What the hooks said when the request was accepted.

import { CircleCheck, Eye, OctagonX, ShieldQuestion } from 'lucide-react';
import type { Admission, Instance } from '../api/types';
import { moment } from '../design/age';
import { Badge } from '../design/badge';
import { Digest } from '../design/digest';
import { duration } from '../design/duration';
import { EmptyState } from '../design/empty-state';
import { Panel } from '../design/page';
import { Cell, RowHead, Table } from '../design/table';

const COLUMNS = ['Hook', 'Verdict', 'Message', 'Mode', 'Component', 'Settings', 'Generation', 'Took', 'At'];

export function AdmissionTab({ instance: { admission } }: { instance: Instance }) {
  if (admission.length === 0) {
    return (
      <EmptyState icon={ShieldQuestion} title="No hook was asked">
        When this instance was accepted, no hook was configured. A hook is a plugin that reviews every
        request: its table in the configuration is <code>[[hooks]]</code>.
      </EmptyState>
    );
  }
  return (
    <Panel title="What the hooks said when it was accepted">
      <Table label="Verdicts of hooks" columns={COLUMNS}>
        {admission.map((one) => (
          <tr key={one.hook} className="align-top">
            <RowHead>{one.hook}</RowHead>
            <Cell>
              <Verdict admission={one} />
            </Cell>
            <Cell className="min-w-56 max-w-lg break-words">
              {one.message ?? <span className="text-muted">nothing to object</span>}
              {one.violations.length > 0 && (
                <ul className="mt-1 list-disc pl-4">
                  {one.violations.map(({ pointer, code, message }) => (
                    <li key={`${pointer} ${code} ${message}`}>
                      {pointer !== '' && <code className="mr-1.5">{pointer}</code>}
                      {message}
                    </li>
                  ))}
                </ul>
              )}
            </Cell>
            <Cell>{one.mode}</Cell>
            <Cell>
              <Digest of={one.digest} what={`digest of ${one.hook}`} />
            </Cell>
            <Cell>
              {one.settings_hash === null ? (
                '–'
              ) : (
                <Digest of={one.settings_hash} what={`settings hash of ${one.hook}`} />
              )}
            </Cell>
            <Cell>{one.generation}</Cell>
            <Cell className="whitespace-nowrap">{duration(one.took_us)}</Cell>
            <Cell className="whitespace-nowrap">{moment(one.at)}</Cell>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

function Verdict({ admission: { verdict, mode, code } }: { admission: Admission }) {
  if (verdict === 'allow') {
    return (
      <Badge tone={code === null ? 'good' : 'warn'} icon={CircleCheck}>
        {code === null ? 'allow' : `allow (${code})`}
      </Badge>
    );
  }
  // It was accepted all the same, so the hook only watches.
  return (
    <Badge tone="warn" icon={mode === 'audit' ? Eye : OctagonX}>
      {mode === 'audit' ? 'deny, only recorded' : 'deny'}
    </Badge>
  );
}
