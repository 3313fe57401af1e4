import { expect, test } from 'vitest';
import type { Orphan, Plugin, PluginList, Provisioner, Template } from '../api/types';
import { AT, condition, instance } from '../testing/samples';
import { attention, count, foremost, type Item } from './items';

const DIGEST = `sha256:${'a'.repeat(64)}`;

function plugin(fields: Partial<Plugin> = {}): Plugin {
  return {
    name: 'naming',
    kind: 'hook',
    state: 'active',
    desired: { digest: DIGEST },
    active: { digest: DIGEST, generation: 1, since: AT },
    last_refusal: null,
    instances: null,
    previous: [],
    quarantine: null,
    calls: 0,
    in_flight: 0,
    p50_us: null,
    p99_us: null,
    ...fields,
  };
}

function plugins(list: Plugin[], configuration: Partial<PluginList['configuration']> = {}): PluginList {
  return {
    plugins: list,
    hooks: [],
    generation: 1,
    configuration: { refusal: null, needs_restart: [], ...configuration },
  };
}

function provisioner(fields: Partial<Provisioner> = {}): Provisioner {
  return {
    name: 'local',
    plugin: { name: 'local', digest: DIGEST },
    default: true,
    standing: 'serving',
    capabilities: [],
    reachable: true,
    since: AT,
    in_flight: 0,
    instances: 0,
    swept_at: null,
    breaker: { state: 'closed', since: null, until: null, failures: 0, reason: null },
    recovery: { frozen: false, frozen_since: null, in_recovery: 0, limit: 5 },
    ...fields,
  };
}

function orphan(fields: Partial<Orphan> = {}): Orphan {
  return {
    workload: 'wf-1',
    provisioner: 'local',
    instance_id: 'id-1',
    state: 'running',
    url: null,
    reason: 'no record',
    first_seen: AT,
    last_seen: AT,
    ...fields,
  };
}

function failed(code: string, message = 'no such image') {
  const error = { code, message, remedy: 'mend it', retryable: false, exit_code: null, causes: [] };
  return instance('f', { status: 'failed', error });
}

function only(known: Partial<Parameters<typeof attention>[0]>): Item | undefined {
  const groups = attention({ instances: [], ...known });
  expect(count(groups)).toBeLessThanOrEqual(1);
  return groups[0]?.items[0];
}

test('nothing needs attention where all is well, or heals by itself', () => {
  const instances = [
    instance('a'),
    instance('b', { status: 'recovering' }),
    instance('c', { status: 'deleting' }),
  ];
  const known = { plugins: plugins([plugin()]), provisioners: [provisioner()], templates: [], orphans: [] };
  expect(attention({ instances, ...known })).toEqual([]);
});

test('a failed instance is tried again, unless the same request can never go well', () => {
  expect(only({ instances: [failed('attempts_exhausted')] })).toMatchObject({
    instance: 'f',
    reason: 'no such image. Mend it.',
    help: { act: 'retry' },
  });
  expect(only({ instances: [failed('invalid')] })?.help).toEqual({ act: 'create-another', template: 'demo' });
});

test('an unhealthy instance says what does not hold, and is restarted', () => {
  const conditions = [condition('PortOpen', 'False', 'connection refused')];
  expect(only({ instances: [instance('u', { status: 'unhealthy', conditions })] })).toMatchObject({
    reason: 'Port closed: connection refused',
    help: { act: 'restart' },
  });
});

test('a quarantined plugin is rolled back if there is an earlier version, else shown', () => {
  const quarantine = { failures: 5, reason: 'it trapped', since: AT, until: null };
  const previous = [{ digest: DIGEST, generation: 1, since: AT }];
  expect(only({ plugins: plugins([plugin({ quarantine, previous })]) })?.help).toMatchObject({
    act: 'roll-back',
  });
  expect(only({ plugins: plugins([plugin({ quarantine })]) })?.help).toMatchObject({ act: 'show' });
});

test('a refused file is read again; one that was rolled back on purpose is not, for it would be refused again', () => {
  const refused = (code: string) =>
    plugins([plugin({ last_refusal: { at: AT, code, message: 'm', digest: null } })]);
  expect(only({ plugins: refused('not_a_component') })?.help).toEqual({ act: 'reload' });
  expect(only({ plugins: refused('rolled_back') })).toMatchObject({
    wrong: 'was rolled back',
    help: { act: 'show' },
  });
});

test('a refused configuration and keys that wait for a restart are two things; no button restarts the daemon', () => {
  const groups = attention({
    instances: [],
    plugins: plugins([], {
      refusal: { at: AT, message: 'line 3: no such key' },
      needs_restart: ['server.listen'],
    }),
  });
  expect(groups[0]?.items.map(({ help }) => help)).toEqual([{ act: 'reload' }, null]);
  expect(foremost(groups)?.help).toEqual({ act: 'reload' });
});

test('what a button helps with is named first; what has none only where there is nothing else', () => {
  const waits = plugins([], { needs_restart: ['server.listen'] });
  const both = attention({ instances: [failed('attempts_exhausted')], plugins: waits });
  expect(foremost(both)?.what).toBe('name-f');
  expect(foremost(attention({ instances: [], plugins: waits }))?.what).toBe('The configuration');
  expect(foremost([])).toBeNull();
});

test('a backend that is away matters only if it is used', () => {
  const away = { reachable: false, breaker: { ...provisioner().breaker, reason: 'connection refused' } };
  expect(only({ provisioners: [provisioner(away)] })?.reason).toBe('connection refused.');
  expect(only({ provisioners: [provisioner({ ...away, default: false })] })).toBeUndefined();
  expect(only({ provisioners: [provisioner({ ...away, default: false, instances: 1 })] })).toBeDefined();
  expect(only({ provisioners: [provisioner({ ...away, standing: 'disabled' })] })).toBeUndefined();
});

test('a paused provisioner, or one whose recovery is frozen, is told of once', () => {
  const paused = provisioner({
    reachable: false,
    breaker: { state: 'paused', since: AT, until: AT, failures: 5, reason: 'timed out' },
  });
  expect(only({ provisioners: [paused] })).toMatchObject({ wrong: 'is paused' });
  const recovery = { frozen: true, frozen_since: AT, in_recovery: 0, limit: 5 };
  expect(only({ provisioners: [provisioner({ recovery })] })).toMatchObject({ since: AT });
});

test('a file of a template that was refused is told; a backend’s templates are its provisioner’s matter', () => {
  const template = { name: 'demo', error: 'line 2: no such key' } as Template;
  const file = { ...template, source: { kind: 'file', file: 'demo.toml' } as const };
  const backend = { ...template, source: { kind: 'provisioner', provisioner: 'p' } as const };
  expect(only({ templates: [file] })?.reason).toMatch(/^line 2.*demo\.toml/);
  expect(only({ templates: [backend] })).toBeUndefined();
});

test('a workload without a record is a person’s decision, unless its mark is lost', () => {
  expect(only({ orphans: [orphan()] })?.help).toMatchObject({ act: 'decide' });
  expect(only({ orphans: [orphan({ instance_id: null })] })).toMatchObject({ help: null });
});

test('the last to fail is first', () => {
  const at = (id: string, updated_at: string) => instance(id, { status: 'failed', updated_at });
  const instances = [at('old', '2026-01-01T00:00:00Z'), at('new', '2026-02-01T00:00:00Z')];
  expect(attention({ instances })[0]?.items.map(({ instance }) => instance)).toEqual(['new', 'old']);
});
