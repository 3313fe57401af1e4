// What a hook would refuse: how much of what there is, and each refusal with its reasons.

import { Link } from '@tanstack/react-router';
import { CircleCheck, type LucideIcon, OctagonX, TriangleAlert } from 'lucide-react';
import type { Rehearsal, RehearsalRefusal } from '../api/types';
import { Badge, TONE_TEXT } from '../design/badge';
import { classes } from '../design/classes';
import { Digest } from '../design/digest';
import { Fact, Facts, Panel } from '../design/page';
import { Cell, RowHead, Table } from '../design/table';
import { useRoster } from '../live/context';
import { cutWords, reviewed, tone } from './rehearsal';

const ICONS: Record<ReturnType<typeof tone>, LucideIcon> = {
  good: CircleCheck,
  warn: TriangleAlert,
  bad: OctagonX,
};

export function RehearsalResult({ rehearsal }: { rehearsal: Rehearsal }) {
  const { candidate, instances, requests, refusals, truncated, cut, summary } = rehearsal;
  const look = tone(rehearsal);
  const Icon = ICONS[look];
  const rows = [
    ['Living instances', instances],
    ['Last requests', requests],
  ] as const;
  return (
    <Panel title="What it would refuse">
      <p role="status" className={classes('flex items-start gap-2 px-4 pt-3 font-semibold', TONE_TEXT[look])}>
        <Icon size={17} aria-hidden className="mt-0.5 shrink-0" />
        <span className="block min-w-0 break-words first-letter:uppercase">{summary}</span>
      </p>
      {cut !== null && <p className="px-4 pt-1 text-warn">{cutWords(cut)}</p>}
      {reviewed(rehearsal) === 0 && (
        <p className="px-4 pt-1 text-muted">
          There was nothing to review. Create an instance, or wait for requests, and rehearse again.
        </p>
      )}
      <Facts>
        <Fact name="File tried">
          <Digest of={candidate.digest} what="digest of the file tried" />
        </Fact>
        <Fact name="Settings tried">
          <Digest of={candidate.settings_hash} what="hash of the settings tried" />
        </Fact>
      </Facts>
      <div className="border-line border-t">
        <Table label="How many" columns={['', 'Reviewed', 'Would refuse', 'Failed', 'Skipped']}>
          {rows.map(([label, counts]) => (
            <tr key={label}>
              <RowHead>{label}</RowHead>
              <Cell>{counts.reviewed.toLocaleString()}</Cell>
              <Cell className={counts.would_refuse > 0 ? 'font-semibold text-bad' : ''}>
                {counts.would_refuse.toLocaleString()}
              </Cell>
              <Cell className={counts.failed > 0 ? 'font-semibold text-bad' : ''}>
                {counts.failed.toLocaleString()}
              </Cell>
              <Cell>{counts.skipped.toLocaleString()}</Cell>
            </tr>
          ))}
        </Table>
      </div>
      {refusals.length > 0 && (
        <ul aria-label="Refusals" className="divide-y divide-line border-line border-t">
          {refusals.map((refusal) => (
            <RefusalRow key={`${refusal.kind} ${refusal.id}`} refusal={refusal} />
          ))}
        </ul>
      )}
      {truncated && (
        <p className="border-line border-t px-4 py-3 text-muted">
          There were more: the first {refusals.length.toLocaleString()} are listed, and all are counted above.
        </p>
      )}
    </Panel>
  );
}

function RefusalRow({ refusal }: { refusal: RehearsalRefusal }) {
  const { records } = useRoster();
  const { kind, id, name, code, reason, violations, admitted_before: before } = refusal;
  const denied = code === 'hook_denied';
  return (
    <li className="space-y-1 px-4 py-2.5">
      <p className="flex flex-wrap items-center gap-2">
        <Badge tone={denied ? 'bad' : 'warn'} icon={denied ? OctagonX : TriangleAlert} title={code}>
          {denied ? 'would refuse' : 'failed'}
        </Badge>
        {records.has(id) ? (
          <Link to="/instances/$id" params={{ id }} className="font-medium underline underline-offset-2">
            {name}
          </Link>
        ) : (
          <b className="font-medium">{name}</b>
        )}
        <span className="text-muted">
          {kind === 'instance' ? 'a living instance' : 'a request'}
          {before ? ', admitted before' : ', refused before, too'}
        </span>
      </p>
      {violations.every(({ message }) => message !== reason) && <p className="break-words">{reason}</p>}
      {violations.length > 0 && (
        <ul className="list-disc pl-5 text-muted">
          {violations.map(({ pointer, code, message }) => (
            <li key={`${pointer} ${code} ${message}`} className="break-words">
              {pointer !== '' && <code className="mr-1.5">{pointer}</code>}
              {message}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
