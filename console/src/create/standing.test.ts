import { expect, test } from 'vitest';
import type { Provisioner } from '../api/types';
import { template } from './fixture';
import { defaultFor, doubt, refusal, unusable } from './standing';

function provisioner(name: string, fields: Partial<Provisioner> = {}): Provisioner {
  return {
    name,
    plugin: { name, digest: 'sha256:0' },
    default: false,
    standing: 'serving',
    capabilities: [],
    reachable: true,
    since: null,
    in_flight: 0,
    instances: 0,
    swept_at: null,
    breaker: { state: 'closed', since: null, until: null, failures: 0, reason: null },
    recovery: { frozen: false, frozen_since: null, in_recovery: 0, limit: 5 },
    ...fields,
  };
}

const local = provisioner('local', { default: true });
const retired = provisioner('old', { standing: 'retired' });

test('the template’s provisioner goes before the daemon’s default', () => {
  expect(defaultFor(template([]), [local, retired])).toEqual({ name: 'local', by: 'daemon' });
  const own = template([], { provisioner: 'old' });
  expect(defaultFor(own, [local, retired])).toEqual({ name: 'old', by: 'template' });
});

test('a template whose provisioner is retired or unknown says so, and one that is not known yet says nothing', () => {
  expect(unusable(template([], { provisioner: 'old' }), [local, retired])).toContain('retired');
  expect(unusable(template([], { provisioner: 'nobody' }), [local])).toContain('no provisioner');
  expect(unusable(template([], { provisioner: 'old' }), [])).toBeNull();
  expect(unusable(template([]), [local])).toBeNull();
});

test('a backend that does not answer is a doubt and no refusal', () => {
  const away = provisioner('away', { reachable: false });
  expect(refusal('away', [away])).toBeNull();
  expect(doubt('away', [away])).not.toBeNull();
  expect(doubt('local', [local])).toBeNull();
});
