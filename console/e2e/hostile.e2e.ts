// Whatever users, servers and backends write stays text: no element is made of it, no script of it runs, and the
// content security policy has nothing to refuse. That no dialog opens and no breach is reported, `visit` sees to.

import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { demoTemplate, NAMING } from './harness/config';
import { withDaemon } from './harness/daemon';
import { field } from './harness/look';
import { visit, withBrowser } from './harness/visit';

const HOSTILE = '<img src=x onerror=alert(1)><b id=hostile>bold</b>';
const ADDRESS = 'javascript:alert(1)';
const SERVER = fileURLToPath(new URL('./harness/hostile-server.mjs', import.meta.url));

const daemon = withDaemon({
  more: NAMING.replace('begin the name', `${HOSTILE} begin the name`),
  templates: {
    demo: demoTemplate(
      'demo',
      `${HOSTILE} ${ADDRESS}`,
      `[labels]\n"<i>kind" = ${JSON.stringify(HOSTILE)}\n${input()}`,
    ),
    hostile: demoTemplate('hostile', HOSTILE)
      .replace(/^command = .*$/m, `command = ["node", ${JSON.stringify(SERVER)}]`)
      .replace('expect_tools = ["echo"]', ''),
  },
});
withBrowser();

test('in templates, labels, variables and the reasons of hooks', async () => {
  const { page, tolerate } = await visit(daemon, '/create?template=demo');
  tolerate(/status of 422 .*\/mcp\/instances/);
  const form = page.getByRole('form', { name: 'New instance' });
  await form.getByText(HOSTILE).first().waitFor();
  await field(form, 'Name').fill('refused');
  await form.getByRole('button', { name: 'Add variable' }).click();
  await form.getByLabel('Name of variable 1').fill('GREETING');
  await form.getByLabel('Value of variable 1').fill(HOSTILE);
  await form.getByRole('button', { name: 'Add label' }).click();
  await form.getByLabel('Name of label 1').fill('a<script>alert(1)</script>');
  await form.getByLabel('Value of label 1').fill(HOSTILE);
  await form.getByRole('button', { name: 'Check' }).click();
  await form.getByText(`${HOSTILE} begin the name`).first().waitFor();
  await expectText(page);
  await field(form, 'Name').fill('team-hostile');
  await form.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByText('It runs, and answers as an MCP server.').waitFor();
  await page.getByRole('link', { name: 'Open instance' }).click();
  await page.getByText(`a<script>alert(1)</script>=${HOSTILE}`).waitFor();
  await page.getByText(HOSTILE, { exact: true }).first().waitFor();
  await expectText(page);
  await page.getByRole('tab', { name: 'Admission' }).click();
  await expectText(page);

  // As a filter, in the address.
  await page.goto(`/?label=${encodeURIComponent(`<i>kind=${ADDRESS}`)}&q=${encodeURIComponent(HOSTILE)}`);
  await page.getByText(`<i>kind=${ADDRESS}`).first().waitFor();
  await expectText(page);
  await page.goto(`/?template=${encodeURIComponent(HOSTILE)}`);
  await page.getByText('No instance matches these filters').waitFor();
  await expectText(page);
  await page.goto('/templates');
  await page.getByText(HOSTILE).first().waitFor();
  await expectText(page);
  await page.goto('/templates/demo');
  await page.locator('h1').waitFor();
  await expectText(page);
});

test('in a name that is refused, and in an address that is typed', async () => {
  const { page, tolerate } = await visit(daemon, '/create?template=demo');
  const form = page.getByRole('form', { name: 'New instance' });
  await field(form, 'Name').fill(HOSTILE);
  await form.getByRole('button', { name: 'Create', exact: true }).click();
  await expect.poll(() => field(form, 'Name').getAttribute('aria-invalid')).toBe('true');
  await expectText(page);
  tolerate(/status of 40[04]/);
  for (const path of [
    `/instances/${encodeURIComponent(HOSTILE)}`,
    `/instances/${encodeURIComponent(ADDRESS)}`,
    `/create?template=${encodeURIComponent(HOSTILE)}`,
    `/no/${encodeURIComponent(HOSTILE)}`,
  ]) {
    const other = await visit(daemon, path);
    other.tolerate(/status of 40[04]/);
    await other.page.locator('h1').waitFor();
    await expectText(other.page);
  }
});

test('in the name of a server, in its log, in its tools and in what they answer', async () => {
  await daemon.create({ name: 'team-swindler', template: 'hostile', environment: { HOSTILE } });
  const { page } = await visit(daemon, '/instances/team-swindler');
  await page.getByText('running', { exact: true }).first().waitFor();
  await expectText(page);

  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByText(HOSTILE).first().waitFor();
  await page.getByText('<script>alert(1)</script>', { exact: true }).waitFor();
  await expectText(page);

  await page.getByRole('tab', { name: 'Tools' }).click();
  await page.getByText(HOSTILE).first().waitFor();
  await expectText(page);
  await page.getByRole('button', { name: 'Call swindle' }).click();
  const calls = page.getByRole('region', { name: 'Calls from this page' });
  await calls.getByText('Result', { exact: true }).waitFor();
  await calls.getByText(`[a link](${ADDRESS})`).waitFor();
  await calls.getByText(`<script>alert(1)</script>`).first().waitFor();
  await expectText(page);
  // A picture that can hold a script is none to the console.
  expect(await calls.locator('img, svg:has(script), iframe, object, embed, audio').count()).toBe(0);

  for (const tab of ['Overview', 'Connect', 'Events', 'Admission']) {
    await page.getByRole('tab', { name: tab }).click();
    await expectText(page);
  }
});

test('in what a server says before it fails', async () => {
  await daemon.ask('POST', '/mcp/instances?wait=0s', {
    name: 'team-dying',
    template: 'demo',
    environment: { DEMO_STDERR: HOSTILE, DEMO_EXIT_AFTER: '1ms' },
  });
  await daemon.until('team-dying', (instance) => instance?.status === 'failed');
  const { page } = await visit(daemon, '/instances/team-dying?tab=logs');
  await page.getByText(HOSTILE).first().waitFor();
  await expectText(page);
  await page.getByRole('link', { name: 'Instances', exact: true }).click();
  await page.getByText('team-dying').first().waitFor();
  await expectText(page);
});

/** Nothing in the page was made by what is hostile. */
async function expectText(page: Page) {
  const made = await page.evaluate(() => {
    const suspects = [
      ...document.querySelectorAll('img[src="x"], #hostile, [onerror], [onload], main script'),
    ];
    const leading = [...document.querySelectorAll('[href], [src], [action], [data], [srcdoc]')].filter(
      (element) =>
        ['href', 'src', 'action', 'data', 'srcdoc'].some((name) =>
          /^\s*(javascript|vbscript|data:text\/html)/i.test(element.getAttribute(name) ?? ''),
        ),
    );
    return [...suspects, ...leading].map((element) => element.outerHTML);
  });
  expect(made, 'elements that were made of hostile text').toEqual([]);
}

function input(): string {
  return `
[[inputs]]
name = "FLAVOUR"
description = ${JSON.stringify(HOSTILE)}
choices = [${JSON.stringify(HOSTILE)}, ${JSON.stringify(ADDRESS)}]
default = ${JSON.stringify(HOSTILE)}
`;
}
