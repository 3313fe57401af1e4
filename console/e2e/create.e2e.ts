// The form: what is refused is said at its field, what is secret stays secret, and one wish makes one instance.

import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { InstanceList } from '../src/api/types';
import { ENVIRONMENT, NAMING } from './harness/config';
import { withDaemon } from './harness/daemon';
import { field } from './harness/look';
import { visit, withBrowser } from './harness/visit';

const daemon = withDaemon({ more: NAMING + ENVIRONMENT });
withBrowser();

const REASON = 'begin the name with your team, as in team-weather';
/** The daemon refuses: Chromium notes that in its log. */
const REFUSED = /status of 422 .*\/mcp\/instances/;

function form(page: Page): Locator {
  return page.getByRole('form', { name: 'New instance' });
}

function nameField(page: Page): Locator {
  return field(form(page), 'Name');
}

/** What is said at a field. */
async function complaintsAt(control: Locator): Promise<string> {
  const described = (await control.getAttribute('aria-describedby')) ?? '';
  const page = control.page();
  const texts = await Promise.all(
    described
      .split(' ')
      .filter((id) => id !== '')
      .map((id) => page.locator(`[id="${id}"]`).textContent()),
  );
  return texts.join('\n');
}

test('a denied creation shows the hook’s reason at the field it points at, and the form keeps what was filled in', async () => {
  const { page, tolerate } = await visit(daemon, '/create?template=demo');
  tolerate(REFUSED);
  await nameField(page).fill('weather');
  await form(page).getByLabel('GREETING').fill('ahoy');
  await form(page).getByRole('button', { name: 'Create', exact: true }).click();

  await expect.poll(() => nameField(page).getAttribute('aria-invalid')).toBe('true');
  expect(await complaintsAt(nameField(page))).toContain(REASON);
  // Whoever asked is led to it.
  expect(await nameField(page).evaluate((field) => field === document.activeElement)).toBe(true);
  expect(await form(page).getByLabel('GREETING').inputValue()).toBe('ahoy');
  const { body } = await daemon.ask<InstanceList>('GET', '/mcp/instances?q=weather');
  expect(body.instances).toEqual([]);

  await nameField(page).fill('team-weather');
  await form(page).getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByText('It runs, and answers as an MCP server.').waitFor();
});

test('a check asks every hook and creates nothing; an edit makes it stale', async () => {
  const { page, tolerate } = await visit(daemon, '/create?template=demo');
  tolerate(REFUSED);
  await nameField(page).fill('checked');
  await form(page).getByRole('button', { name: 'Add variable' }).click();
  await form(page).getByLabel('Name of variable 1').fill('DEBUG_ALL');
  await form(page).getByLabel('Value of variable 1').fill('yes');
  await form(page).getByRole('button', { name: 'Check', exact: true }).click();

  const verdicts = page.getByRole('list', { name: 'Verdicts of the hooks' }).getByRole('listitem');
  await verdicts.filter({ hasText: 'naming' }).getByText('denies').waitFor();
  await verdicts.filter({ hasText: 'environment' }).getByText('denies').waitFor();
  expect(await complaintsAt(nameField(page))).toContain(REASON);
  const variable = form(page).getByLabel('Name of variable 1');
  expect(await complaintsAt(variable)).toContain('no instance may have the variable');

  await nameField(page).fill('team-checked');
  await page.getByText('Stale: edited since').waitFor();
  await variable.fill('API_KEY');
  await page.getByRole('button', { name: 'Check again' }).click();
  await page.getByText('Can be created', { exact: true }).waitFor();
  // A default is filled in, and a warning is no refusal.
  await page.getByText('LOG_LEVEL=info').waitFor();
  await verdicts.filter({ hasText: 'environment' }).getByText('allows, with a warning').waitFor();
  const { body } = await daemon.ask<InstanceList>('GET', '/mcp/instances?q=team-checked');
  expect(body.instances).toEqual([]);
});

test('what the template refuses is at its field before anything is sent', async () => {
  const { page } = await visit(daemon, '/create?template=demo');
  const sent: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
  await nameField(page).fill('Team Weather');
  const greeting = form(page).getByLabel('GREETING');
  await greeting.fill('AHOY');
  await form(page).getByRole('button', { name: 'Create', exact: true }).click();
  await expect.poll(() => nameField(page).getAttribute('aria-invalid')).toBe('true');
  expect(await complaintsAt(greeting)).toContain('[a-z]+');
  expect(sent).toEqual([]);
});

test('a name that is taken is said at the name', async () => {
  await daemon.create({ name: 'team-taken' });
  const { page } = await visit(daemon, '/create?template=demo');
  await nameField(page).fill('team-taken');
  await expect.poll(() => nameField(page).getAttribute('aria-invalid')).toBe('true');
});

test('a secret goes to the daemon once, and is nowhere in the page afterwards', async () => {
  const secrets = ['hunter2-of-the-template', 'hunter3-of-my-own'];
  const { page } = await visit(daemon, '/create?template=demo');
  const carriers: string[] = [];
  page.on('request', (request) => {
    const said = `${request.url()} ${request.postData() ?? ''} ${JSON.stringify(request.headers())}`;
    if (secrets.some((secret) => said.includes(secret))) carriers.push(request.method());
  });
  page.on('response', async (response) => {
    // A stream has no end to wait for, and its events hold no environment.
    if (/event-stream/.test(response.headers()['content-type'] ?? '')) return;
    const text = await response.text().catch(() => '');
    if (secrets.some((secret) => text.includes(secret))) carriers.push(`answer of ${response.url()}`);
  });
  await nameField(page).fill('team-secretive');
  const token = field(form(page), 'DEMO_TOKEN');
  expect(await token.getAttribute('type')).toBe('password');
  await token.fill(secrets[0] ?? '');
  await form(page).getByRole('button', { name: 'Add variable' }).click();
  await form(page).getByLabel('Name of variable 1').fill('MY_OWN');
  await form(page).getByLabel('Variable 1 is a secret').check();
  const own = form(page).getByLabel('Value of variable 1');
  expect(await own.getAttribute('type')).toBe('password');
  await own.fill(secrets[1] ?? '');
  await form(page).getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByText('It runs, and answers as an MCP server.').waitFor();
  const made = await daemon.until('team-secretive', (instance) => instance !== null);
  expect(made?.secrets.toSorted()).toEqual(['DEMO_TOKEN', 'MY_OWN']);
  expect(carriers).toEqual(['POST']);

  await expectNowhere(page, secrets);
  await page.getByRole('button', { name: 'Create another' }).click();
  await form(page).waitFor();
  await expectNowhere(page, secrets);
  await page.goto('/instances/team-secretive');
  await page.getByText('secret, never shown again').first().waitFor();
  for (const tab of ['Overview', 'Connect', 'Tools', 'Events', 'Logs', 'Admission']) {
    await page.getByRole('tab', { name: tab }).click();
    await expectNowhere(page, secrets);
  }
  expect(carriers).toEqual(['POST']);
});

test('an impatient double click makes one instance', async () => {
  const { page } = await visit(daemon, '/create?template=demo');
  await nameField(page).fill('team-once');
  await form(page).getByRole('button', { name: 'Create', exact: true }).dblclick();
  await page.getByText('It runs, and answers as an MCP server.').waitFor();
});

test('an answer that is lost is asked for again, and still makes one instance', async () => {
  const { page, tolerate } = await visit(daemon, '/create?template=demo');
  tolerate(/ERR_FAILED|ERR_CONNECTION_REFUSED/);
  await nameField(page).fill('team-lost');
  // The daemon makes it, and the browser never hears of that.
  let isLost = false;
  await page.route('**/mcp/instances?*', async (route) => {
    if (isLost || route.request().method() !== 'POST') return route.continue();
    isLost = true;
    await route.fetch();
    await route.abort('failed');
  });
  const create = form(page).getByRole('button', { name: 'Create', exact: true });
  await create.click();
  await page.getByText('What you filled in is kept.').waitFor();
  expect(isLost).toBe(true);
  expect(await nameField(page).inputValue()).toBe('team-lost');
  await create.click();
  await page.getByText('It runs, and answers as an MCP server.').waitFor();
});

test('what was filled in is not lost without a question', async () => {
  const { page } = await visit(daemon, '/create?template=demo');
  await page.getByRole('link', { name: 'Templates' }).click();
  await page.getByRole('heading', { name: 'Templates', level: 1 }).waitFor();
  await page.goBack();
  await form(page).getByLabel('GREETING').fill('ahoy');
  await page.getByRole('link', { name: 'Templates' }).click();
  const question = page.getByRole('dialog', { name: 'Leave without creating?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  expect(await form(page).getByLabel('GREETING').inputValue()).toBe('ahoy');
  await page.getByRole('link', { name: 'Templates' }).click();
  await question.getByRole('button', { name: 'Leave' }).click();
  await page.getByRole('heading', { name: 'Templates', level: 1 }).waitFor();
});

/** Not in the page, what is typed, the address, the history, or anything the browser stores. */
async function expectNowhere(page: Page, secrets: readonly string[]) {
  const everything = await page.evaluate(async () => {
    const typed = [...document.querySelectorAll('input, textarea, select')].map(
      (field) => (field as HTMLInputElement).value,
    );
    const databases = await indexedDB.databases();
    const caches = await window.caches.keys();
    return JSON.stringify([
      document.documentElement.outerHTML,
      typed,
      location.href,
      history.state,
      document.title,
      document.cookie,
      Object.entries(localStorage),
      Object.entries(sessionStorage),
      databases,
      caches,
    ]);
  });
  for (const secret of secrets) expect(everything).not.toContain(secret);
}
