// The table of instances: filters in the address, many at once, and as many rows as there are.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { Bulk } from '../src/api/types';
import { ABSENT } from './harness/config';
import { withDaemon } from './harness/daemon';
import { namesIn, rowOf } from './harness/look';
import { visit, withBrowser } from './harness/visit';

const MANY = 1_000;

const daemon = withDaemon({ more: ABSENT });
withBrowser();

test('filters are in the address and survive a reload', async () => {
  await daemon.create({ name: 'filter-sea', labels: { team: 'sea' } });
  await daemon.create({ name: 'filter-land', labels: { team: 'land' } });
  await daemon.ask('POST', '/mcp/instances?wait=0s', {
    name: 'filter-waits',
    template: 'demo',
    provisioner: 'absent',
    labels: { team: 'sea' },
  });
  const { page } = await visit(daemon);
  await page.getByRole('searchbox').fill('filter');
  await expect.poll(() => namesIn(page)).toEqual(['filter-waits', 'filter-land', 'filter-sea']);
  await page.getByRole('combobox', { name: 'Every provisioner' }).selectOption('local');
  await expect.poll(() => namesIn(page)).toEqual(['filter-land', 'filter-sea']);
  const label = page.getByRole('combobox', { name: /Add a label/ });
  await label.fill('team=sea');
  await label.press('Enter');
  await expect.poll(() => namesIn(page)).toEqual(['filter-sea']);
  await page.getByRole('button', { name: 'Every status' }).click();
  await page.getByRole('menuitemcheckbox', { name: /^running/ }).click();
  await page.keyboard.press('Escape');

  const { searchParams } = new URL(page.url());
  expect(Object.fromEntries(searchParams)).toEqual({
    q: 'filter',
    provisioner: 'local',
    label: 'team=sea',
    status: 'running',
  });
  await page.reload();
  await expect.poll(() => namesIn(page)).toEqual(['filter-sea']);
  expect(await page.getByRole('searchbox').inputValue()).toBe('filter');
  expect(await page.getByRole('combobox', { name: 'Every provisioner' }).inputValue()).toBe('local');
  await page.getByRole('button', { name: 'running' }).waitFor();

  await page.getByRole('button', { name: 'Remove the label team=sea' }).click();
  await expect.poll(() => namesIn(page)).toEqual(['filter-land', 'filter-sea']);
  await page.getByRole('searchbox').fill('nothing-has-this-name');
  await page.getByText('No instance matches these filters').waitFor();
  await page.getByRole('button', { name: 'Clear filters' }).first().click();
  await rowOf(page, 'filter-waits').waitFor();
  expect(new URL(page.url()).search).toBe('');
});

test('many are deleted after one question, with a result for each', async () => {
  const doomed = ['bulk-a', 'bulk-b', 'bulk-c'];
  for (const name of [...doomed, 'bulk-stays']) await daemon.create({ name });
  const { page } = await visit(daemon, '/?q=bulk-');
  for (const name of doomed) await page.getByRole('checkbox', { name: `Select ${name}` }).check();
  await page.getByText('3 instances selected').waitFor();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();

  const question = page.getByRole('dialog', { name: 'Delete 3 instances?' });
  for (const name of doomed) await question.getByText(name, { exact: true }).waitFor();
  // A hasty Enter does no harm.
  await page.keyboard.press('Enter');
  await question.waitFor({ state: 'detached' });
  expect(await daemon.until('bulk-a', (instance) => instance?.status === 'running')).not.toBeNull();

  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await question.getByRole('button', { name: 'Delete 3 instances' }).click();
  const results = page.getByRole('list', { name: 'Results' }).getByRole('listitem');
  await expect
    .poll(() => results.allTextContents())
    .toEqual(doomed.toReversed().map((name) => `${name} is deleted`));
  await expect.poll(() => namesIn(page)).toEqual(['bulk-stays']);
  await page.getByRole('button', { name: 'Dismiss these results' }).click();
  expect(await results.count()).toBe(0);
});

test('many are tried again, and one that may not be says why', async () => {
  const failing = { template: 'demo', environment: { DEMO_EXIT_AFTER: '1ms' } };
  await daemon.ask('POST', '/mcp/instances?wait=0s', { name: 'again-a', ...failing });
  await daemon.ask('POST', '/mcp/instances?wait=0s', { name: 'again-b', ...failing });
  const ids: string[] = [];
  for (const name of ['again-a', 'again-b']) {
    const failed = await daemon.until(name, (instance) => instance?.status === 'failed');
    ids.push(failed?.id ?? '');
  }
  const { page, tolerate } = await visit(daemon, '/?q=again-');
  await rowOf(page, 'again-a').getByText('failed', { exact: true }).waitFor();
  await rowOf(page, 'again-b').getByText('failed', { exact: true }).waitFor();
  await page.getByRole('checkbox', { name: /Select all 2/ }).check();
  // The page is told too late that one is gone.
  tolerate(/status of 409 .*\/retry/);
  await page.route(`**/mcp/instances/${ids[0]}/retry`, async (route) => {
    await daemon.ask('POST', `/mcp/instances/${ids[0]}/retry`);
    await route.continue();
  });
  await page.getByRole('button', { name: 'Retry 2 failed' }).click();
  const results = page.getByRole('list', { name: 'Results' }).getByRole('listitem');
  await expect.poll(() => results.filter({ hasText: 'again-b is tried again' }).count()).toBe(1);
  await expect.poll(() => results.filter({ hasText: /again-a was refused: .+/ }).count()).toBe(1);
});

test('a thousand rows scroll, and only those that are seen are in the page', async () => {
  const create = Array.from({ length: MANY }, (_, at) => ({
    name: `many-${String(at).padStart(4, '0')}`,
    template: 'demo',
    provisioner: 'absent',
  }));
  const { status } = await daemon.ask<Bulk>('POST', '/mcp/bulk?wait=0s', { create });
  expect(status).toBe(202);
  const { page } = await visit(daemon, '/?q=many-');
  await expect
    .poll(() => page.getByRole('grid', { name: 'Instances' }).getAttribute('aria-rowcount'))
    .toBe(String(MANY + 1));
  const rows = page.locator('[role="row"][data-id]');
  await expect.poll(() => filled(page)).toBe(true);
  expect(await rows.count()).toBeLessThan(60);

  await rows.first().focus();
  await page.keyboard.press('End');
  await rowOf(page, 'many-0000').waitFor();
  await expect.poll(() => filled(page)).toBe(true);
  expect(await rows.count()).toBeLessThan(60);
  // All the way back by the wheel: every place has its rows, and the foot of the table is reached once.
  for (let turns = 0; turns < 60; turns += 1) {
    await page.mouse.wheel(0, -900);
    await expect.poll(() => filled(page)).toBe(true);
    expect(await rows.count()).toBeLessThan(60);
  }
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(0);
  await rowOf(page, 'many-0999').waitFor();
});

/** Whether what is in sight of the table has its rows: at least ten, or as many as there is room for. */
function filled(page: Page): Promise<boolean> {
  return page.getByRole('grid', { name: 'Instances' }).evaluate((grid) => {
    const inSight = (element: Element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 0));
    };
    const rows = [...grid.querySelectorAll('[role="row"][data-id]')];
    const body = rows[0]?.parentElement;
    if (body == null) return false;
    const room = Math.floor(inSight(body) / (rows[0]?.getBoundingClientRect().height ?? 1));
    return rows.filter((row) => inSight(row) > 0).length >= Math.min(10, room);
  });
}
