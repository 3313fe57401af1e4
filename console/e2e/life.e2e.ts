// The whole life of an instance, as somebody lives it in the browser without a single reload.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { withDaemon } from './harness/daemon';
import { field, rowOf, statusOf } from './harness/look';
import { kill } from './harness/processes';
import { visit, withBrowser } from './harness/visit';

const daemon = withDaemon();
withBrowser();

test('create, watch it run, call a tool, read its log, kill its process, watch it recover, delete it', async () => {
  const { page, tolerate } = await visit(daemon);
  await markDocument(page);

  // Create.
  await page.getByRole('link', { name: 'Create the first one' }).click();
  const form = page.getByRole('form', { name: 'New instance' });
  await field(form, 'Name').fill('weather');
  await form.getByLabel('LOG_LEVEL').selectOption('debug');
  await form.getByRole('button', { name: 'Create', exact: true }).click();

  // It becomes running, step by step.
  const steps = page.getByRole('list', { name: 'Progress' }).getByRole('listitem');
  for (const step of ['requested', 'creating', 'created', 'running']) {
    await steps.filter({ hasText: step }).getByRole('img', { name: 'done' }).first().waitFor();
  }
  await page.getByText('It runs, and answers as an MCP server.').waitFor();
  const made = await daemon.until('weather', (instance) => instance?.status === 'running');
  expect(made?.environment).toMatchObject({ LOG_LEVEL: 'debug' });
  const id = made?.id ?? '';

  // Call a tool.
  await page.getByRole('link', { name: 'Open instance' }).click();
  await page.getByRole('tab', { name: 'Tools' }).click();
  await page.getByRole('navigation', { name: 'Tools' }).getByRole('link', { name: 'add' }).click();
  const call = page.getByRole('form', { name: 'Call add' });
  await field(call, 'a').fill('40');
  await field(call, 'b').fill('2');
  await call.getByRole('button', { name: 'Call add' }).click();
  const calls = page.getByRole('region', { name: 'Calls from this page' });
  await calls.getByText('Result', { exact: true }).waitFor();
  await calls.getByText('42', { exact: true }).waitFor();

  // Read its log; it follows.
  await page.getByRole('tab', { name: 'Logs' }).click();
  const log = page.getByRole('region', { name: 'Log of weather' });
  await log.getByText('tool call: add 40 2').waitFor();
  await daemon.ask('POST', `/mcp/instances/${id}/tools/echo`, { arguments: { message: 'later' } });
  await log.getByText('tool call: echo "later"').waitFor();

  // Kill its process, and watch it recover.
  const processes = daemon.servers(id);
  expect(processes).not.toEqual([]);
  for (const pid of processes) kill(pid);
  await page.getByRole('tab', { name: 'Events' }).click();
  const events = page.getByRole('list', { name: 'Events, newest first' });
  await events.getByText('unhealthy', { exact: true }).first().waitFor();
  await events.getByText('recovering', { exact: true }).first().waitFor();
  await expect.poll(() => statusOf(page)).toBe('running');
  expect(daemon.servers(id)).not.toEqual(processes);
  // Its log goes on: the new process has begun one.
  await page.getByRole('tab', { name: 'Logs' }).click();
  await log.getByText('demo-server listening on').first().waitFor();

  // Delete it, after one question. That it is gone the page learns from the daemon.
  tolerate(/status of 404 .*\/mcp\/instances\//);
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  const question = page.getByRole('dialog', { name: 'Delete weather?' });
  await question.getByRole('button', { name: 'Delete weather' }).click();
  await page.getByText('Its events stay for a while').waitFor();
  expect(await daemon.until(id, (instance) => instance === null)).toBeNull();
  expect(daemon.servers(id)).toEqual([]);
  // What it did and said can still be read, at its address.
  await page.getByRole('tab', { name: 'Logs' }).click();
  await log.getByText('demo-server listening on').first().waitFor();
  await page.getByRole('link', { name: 'Wharfinger' }).click();
  await page.getByText('There are no instances').waitFor();
  await isSameDocument(page);
});

test('an instance that cannot be made says why and what helps, and a retry is one button', async () => {
  const { page } = await visit(daemon, '/create?template=demo');
  const form = page.getByRole('form', { name: 'New instance' });
  await field(form, 'Name').fill('stillborn');
  await form.getByRole('button', { name: 'Add variable' }).click();
  await form.getByLabel('Name of variable 1').fill('DEMO_EXIT_AFTER');
  await form.getByLabel('Value of variable 1').fill('1ms');
  await form.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByText(/It failed: given up after \d+ tries/).waitFor();
  await page.getByRole('img', { name: 'not reached' }).first().waitFor();
  await page.getByRole('link', { name: 'Open instance' }).click();
  await page.getByRole('region', { name: 'Why it failed' }).getByText('given up').first().waitFor();
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect.poll(() => statusOf(page)).not.toBe('failed');
  await expect.poll(() => statusOf(page)).toBe('failed');
});

test('restart asks once, makes the workload anew, and keeps the instance', async () => {
  const { id } = await daemon.create({ name: 'again' });
  const before = daemon.servers(id);
  const { page } = await visit(daemon, `/instances/${id}`);
  await page.getByRole('button', { name: 'Restart' }).click();
  await page
    .getByRole('dialog', { name: 'Restart again?' })
    .getByRole('button', { name: 'Restart again' })
    .click();
  await expect
    .poll(() => daemon.servers(id).filter((pid) => !before.includes(pid)).length)
    .toBeGreaterThan(0);
  await expect.poll(() => statusOf(page)).toBe('running');
  await page.goto('/');
  await rowOf(page, 'again').waitFor();
});

test('what clients are told of an instance is copied whole, and leads to it', async () => {
  const { endpoint } = await daemon.create({ name: 'connected' });
  const { page } = await visit(daemon, '/instances/connected?tab=connect');
  const copied = async (client: string) => {
    await page.getByRole('button', { name: `Copy text for ${client}` }).click();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  expect(JSON.parse(await copied('VS Code'))).toEqual({
    servers: { connected: { type: 'http', url: endpoint?.url } },
  });
  expect(JSON.parse(await copied('Claude Desktop')).mcpServers.connected.args).toContain(endpoint?.url);
  expect(await copied('Claude Code')).toContain(endpoint?.url);
  expect(await copied('curl')).toContain(endpoint?.url);
});

/** A mark that every reload would lose. */
async function markDocument(page: Page) {
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
}

async function isSameDocument(page: Page) {
  expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true);
}
