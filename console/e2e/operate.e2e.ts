// What whoever runs the daemon does: sees what needs attention, presses the button that helps, and tries a policy
// before it refuses anybody.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { Instance, PluginList } from '../src/api/types';
import { DEMO, ENVIRONMENT, NAMING } from './harness/config';
import { withDaemon } from './harness/daemon';
import { field, statusOf } from './harness/look';
import { PLUGINS } from './harness/programs';
import { visit, withBrowser } from './harness/visit';

const LENIENT = NAMING.replace('^team-', '^[a-z]');

const daemon = withDaemon({
  more: LENIENT + ENVIRONMENT,
  templates: { demo: DEMO },
});
withBrowser();

function attention(page: Page) {
  return page.getByRole('region', { name: 'Needs attention', exact: true });
}

/** All of it, where there is something. */
async function openAttention(page: Page) {
  await attention(page)
    .getByRole('button', { name: /^Show (it|all)/ })
    .click();
}

/** Writes the configuration anew with the other hook, and waits until that serves. */
async function swapNaming(from: string, to: string) {
  const { body } = await daemon.ask<PluginList>('GET', '/mcp/plugins');
  daemon.write('wharfinger.toml', daemon.read('wharfinger.toml').replace(from, to));
  await expect
    .poll(async () => (await daemon.ask<PluginList>('GET', '/mcp/plugins')).body.generation)
    .toBeGreaterThan(body.generation);
}

test('a failed instance is on top with its reason, and one button tries it again', async () => {
  const { page } = await visit(daemon);
  await attention(page).getByText('Nothing needs attention.').waitFor();
  await daemon.ask('POST', '/mcp/instances?wait=0s', {
    name: 'flaky',
    template: 'demo',
    environment: { DEMO_EXIT_AFTER: '1ms' },
  });
  await attention(page).getByText('1 needs attention').waitFor();
  expect(await page.title()).toContain('(1)');
  await openAttention(page);
  const item = attention(page).getByRole('listitem').filter({ hasText: 'flaky' });
  await item.getByText('given up after').waitFor();
  const before = (await daemon.until('flaky', (instance) => instance?.status === 'failed'))?.revision ?? 0;
  await item.getByRole('button', { name: 'Retry flaky' }).click();
  await daemon.until('flaky', (instance) => (instance?.revision ?? 0) > before);
  // It fails again, and is here again.
  await daemon.until('flaky', (instance) => instance?.status === 'failed');
  await item.getByText('given up after').waitFor();
  await daemon.ask('DELETE', '/mcp/instances/flaky');
  await attention(page).getByText('Nothing needs attention.').waitFor();
});

test('a file that is refused is told of with its reason, and is read again when it is mended', async () => {
  daemon.write('plugins/environment.wasm', 'this is no component');
  await daemon.ask('POST', '/mcp/plugins/reload');
  const { page } = await visit(daemon);
  await openAttention(page);
  const item = attention(page).getByRole('listitem').filter({ hasText: 'environment was refused' });
  await item.getByText('not a WebAssembly component').waitFor();
  await item.getByRole('button', { name: /^Reload now/ }).click();
  await page.getByText('Refused: environment. What served before goes on serving.').waitFor();

  await page.getByRole('link', { name: 'Plugins' }).click();
  const panel = page.locator('li', { has: page.getByRole('link', { name: 'Rehearse environment' }) });
  await panel.getByText(/^Refused/).waitFor();
  await panel
    .getByText(/generation \d+/)
    .first()
    .waitFor();
  daemon.write('plugins/environment.wasm', readFileSync(join(PLUGINS, 'environment.wasm')));
  await page.getByRole('button', { name: 'Reload now' }).click();
  await panel.getByText(/^Refused/).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'Instances' }).click();
  await attention(page).getByText('Nothing needs attention.').waitFor();
});

test('a configuration that is refused is shown whole, and what was in force stays', async () => {
  const good = daemon.read('wharfinger.toml');
  const { generation } = (await daemon.ask<PluginList>('GET', '/mcp/plugins')).body;
  // It would forbid nothing any more, if it could be read.
  const lax = good.replace('forbidden = ["DEBUG_*"]', 'forbidden = []');
  expect(lax).not.toBe(good);
  daemon.write('wharfinger.toml', `${lax}\nthis is no TOML\n`);
  await daemon.ask('POST', '/mcp/plugins/reload');
  const { page } = await visit(daemon, '/plugins');
  await page.getByText('The configuration was refused').first().waitFor();
  await page
    .getByText(/not TOML: [\s\S]+ \(line \d+, column \d+\)/)
    .first()
    .waitFor();
  const { status, body } = await daemon.ask<{ code: string }>('POST', '/mcp/instances?dry_run=true', {
    name: 'weather',
    template: 'demo',
    environment: { DEBUG_LEVEL: '9' },
  });
  expect([status, body.code]).toEqual([422, 'hook_denied']);
  expect((await daemon.ask<PluginList>('GET', '/mcp/plugins')).body.generation).toBe(generation);
  daemon.write('wharfinger.toml', good);
  await page.getByRole('button', { name: 'Reload now' }).click();
  await expect.poll(() => page.getByText('The configuration was refused').count()).toBe(0);
});

test('a version that turned out to be wrong is rolled back, after one question', async () => {
  await swapNaming(LENIENT, NAMING);
  const { page } = await visit(daemon, '/plugins');
  await page.getByRole('button', { name: 'Roll back naming' }).click();
  const question = page.getByRole('dialog', { name: 'Roll back the hook naming?' });
  // Which goes and which comes back.
  await question.getByText('Comes back').waitFor();
  await question.getByRole('button', { name: 'Roll back', exact: true }).click();
  await question.waitFor({ state: 'detached' });
  await page
    .getByText(/^Rolled back/)
    .first()
    .waitFor();
  const { status } = await daemon.ask('POST', '/mcp/instances?dry_run=true', {
    name: 'weather',
    template: 'demo',
  });
  expect(status).toBe(200);
  await swapNaming(NAMING, LENIENT);
});

test('a policy is rehearsed on what is there before it refuses anybody', async () => {
  const free = await daemon.create({ name: 'free' });
  await daemon.create({ name: 'team-weather' });
  const { page, tolerate } = await visit(daemon, '/plugins');
  await page.getByRole('link', { name: 'Rehearse naming' }).click();
  const settings = field(page.locator('form'), 'Settings, as JSON');
  const rehearse = page.getByRole('button', { name: 'Rehearse' });
  await settings.fill('{"pattern": "^team-"');
  await rehearse.click();
  await expect.poll(() => settings.getAttribute('aria-invalid')).toBe('true');

  tolerate(/status of 422 .*\/rehearse/);
  await settings.fill('{"pattern": "("}');
  await rehearse.click();
  await page.getByText('not a regular expression').first().waitFor();

  await settings.fill('{"pattern": "^team-"}');
  await rehearse.click();
  await page.getByText(/would refuse 1 of 2 instances/i).waitFor();
  const refusals = page.getByRole('list', { name: 'Refusals' }).getByRole('listitem');
  const refusal = refusals.filter({ hasText: 'a living instance' });
  await refusal.getByText('a name must match `^team-`').first().waitFor();
  expect(await refusal.getByRole('link', { name: 'free' }).getAttribute('href')).toBe(
    `/instances/${free.id}`,
  );
  // Nobody was refused, and nothing was stored.
  expect((await daemon.ask('GET', '/mcp/instances/free')).status).toBe(200);
  const { body } = await daemon.ask<PluginList>('GET', '/mcp/plugins');
  expect(body.plugins.find(({ name }) => name === 'naming')?.last_refusal).toBeNull();
});

test('a template that is put into its folder is there, and leads to the form', async () => {
  daemon.write('templates/tides.toml', DEMO.replace('name = "demo"', 'name = "tides"'));
  await expect.poll(async () => (await daemon.ask('GET', '/mcp/templates/tides')).status).toBe(200);
  const { page } = await visit(daemon, '/templates');
  await page.getByRole('link', { name: 'Create instance from tides' }).click();
  expect(new URL(page.url()).search).toBe('?template=tides');
  await page.getByRole('form', { name: 'New instance' }).getByLabel('GREETING').waitFor();
});

test('workloads that an older backup knows nothing of are adopted or purged', async () => {
  daemon.run('backup', '--to', join(daemon.folder, 'backup'));
  const [kept, lost] = [await daemon.create({ name: 'kept' }), await daemon.create({ name: 'lost' })];
  await daemon.stop();
  daemon.run('restore', '--force', '--from', join(daemon.folder, 'backup'));
  await daemon.start();
  const { page } = await visit(daemon);
  await openAttention(page);
  const orphan = (instance: Instance) =>
    attention(page)
      .getByRole('listitem')
      .filter({ hasText: instance.workload?.name ?? '' });
  await orphan(lost)
    .getByRole('button', { name: /^Purge/ })
    .click();
  await page.getByRole('dialog').getByRole('button', { name: 'Purge the workload' }).click();
  await orphan(lost).waitFor({ state: 'detached' });
  await expect.poll(() => daemon.servers(lost.id)).toEqual([]);

  const processes = daemon.servers(kept.id);
  await orphan(kept)
    .getByRole('button', { name: /^Adopt/ })
    .click();
  const dialog = page.getByRole('dialog', { name: 'Adopt this workload' });
  await field(dialog, 'Name').fill('adopted');
  await field(dialog, 'Template').selectOption('demo');
  await dialog.getByRole('button', { name: 'Adopt' }).click();
  await page.getByRole('heading', { name: 'adopted', level: 1 }).waitFor();
  await expect.poll(() => statusOf(page)).toBe('running');
  // It is the same workload, which never stopped.
  expect(daemon.servers(kept.id)).toEqual(processes);
});
