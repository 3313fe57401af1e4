import { expect, test } from 'vitest';
import type { Hook, Plugin } from '../api/types';
import { duration } from '../design/duration';
import { AT } from '../testing/samples';
import { outcome } from './outcome';
import { arrange, difference, effect, scope } from './standing';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

function plugin(name: string, kind: Plugin['kind'] = 'hook', fields: Partial<Plugin> = {}): Plugin {
  return {
    name,
    kind,
    state: 'active',
    desired: { digest: digest('a') },
    active: { digest: digest('a'), generation: 1, since: AT },
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

const refusal = (code: string) => ({ at: AT, code, message: 'm', digest: null });
const hook = (name: string, fields: Partial<Hook> = {}): Hook => ({
  name,
  mode: 'enforce',
  on_error: 'deny',
  when: { template: [], label: [] },
  ...fields,
});

function list(plugins: Plugin[], hooks: Hook[] = [], configuration = {}) {
  return {
    plugins,
    hooks,
    generation: 3,
    configuration: { refusal: null, needs_restart: [], ...configuration },
  };
}

test('hooks are in the order they are asked, and those that are off come last', () => {
  const { hooks, provisioners } = arrange(
    list([plugin('off'), plugin('b'), plugin('a'), plugin('local', 'provisioner')], [hook('a'), hook('b')]),
  );
  expect(hooks.map(({ plugin, hook }) => [plugin.name, hook?.name])).toEqual([
    ['a', 'a'],
    ['b', 'b'],
    ['off', undefined],
  ]);
  expect(provisioners.map(({ name }) => name)).toEqual(['local']);
});

test('a provisioner that has the name of a hook is not taken for it', () => {
  const { hooks, provisioners } = arrange(list([plugin('x', 'provisioner'), plugin('x')], [hook('x')]));
  expect(hooks).toHaveLength(1);
  expect(provisioners).toHaveLength(1);
});

test('why what serves is not what is wanted', () => {
  expect(difference(plugin('a'))).toBeNull();
  const newer = { desired: { digest: digest('b') } };
  expect(difference(plugin('a', 'hook', newer))).toMatch(/not loaded yet/);
  expect(difference(plugin('a', 'hook', { ...newer, last_refusal: refusal('wrong_world') }))).toMatch(
    /refused/,
  );
  expect(difference(plugin('a', 'hook', { ...newer, last_refusal: refusal('rolled_back') }))).toMatch(
    /rolled back/,
  );
  expect(difference(plugin('a', 'hook', { desired: null }))).toMatch(/cannot be read/);
  expect(difference(plugin('a', 'hook', { active: null }))).toMatch(/Nothing serves/);
  // The file may be the same: settings are refused, too.
  expect(difference(plugin('a', 'hook', { last_refusal: refusal('settings_refused') }))).toMatch(/refused/);
});

test('a hook says what it is asked about, and what its verdict does', () => {
  expect(scope(hook('a'))).toBe('every request');
  expect(scope(hook('a', { when: { template: ['demo', 'x'], label: ['team=sea'] } }))).toBe(
    'requests with template demo or x, and label team=sea',
  );
  expect(effect(hook('a', { mode: 'audit', on_error: 'allow' }))).toMatch(/only recorded.*allowed/);
});

test('the outcome of a reload tells the worst', () => {
  const reloaded = (given: ReturnType<typeof list>, before: number | null = 2, finished = true) =>
    outcome({ list: given, before, finished });
  expect(reloaded(list([]))).toEqual({ tone: 'good', text: 'Generation 3 is active now.' });
  expect(reloaded(list([]), 3).text).toMatch(/^No plugin has changed/);
  expect(reloaded(list([], [], { needs_restart: ['server.listen'] })).text).toMatch(/1 key waits/);
  expect(reloaded(list([]), 2, false).text).toMatch(/still being read/);
  const bad = [plugin('naming', 'hook', { last_refusal: refusal('wrong_world') })];
  expect(reloaded(list(bad))).toMatchObject({ tone: 'bad', text: expect.stringContaining('naming') });
  expect(reloaded(list(bad, [], { refusal: { at: AT, message: 'm' } })).text).toMatch(/^The configuration/);
  const back = [plugin('naming', 'hook', { last_refusal: refusal('rolled_back') })];
  expect(reloaded(list(back)).tone).toBe('good');
});

test('durations have a unit that fits', () => {
  expect([225, 1_608, 32_970, 999_999, 1_234_567].map(duration)).toEqual([
    '225 µs',
    '1.6 ms',
    '33 ms',
    '1,000 ms',
    '1.2 s',
  ]);
});
