// Everything can be done with the keyboard alone.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { withDaemon } from './harness/daemon';
import { rowOf } from './harness/look';
import { visit, withBrowser } from './harness/visit';

const daemon = withDaemon();
withBrowser();

test('an instance is created, found and deleted with the keyboard alone', async () => {
  const { page, tolerate } = await visit(daemon);
  // Nobody needs to pass the bar again on every page.
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Skip to the page');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Create instance');
  await page.keyboard.press('Enter');

  // The form is there once the templates are read. Before that a Tab leaves the page for the bar.
  await page.getByLabel(/^Template/).waitFor();
  await tabTo(page, /^Template ?\(required\)/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await tabTo(page, /^Name ?\(required\)/);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('by-keys');
  await tabTo(page, /^LOG_LEVEL/);
  await page.keyboard.type('debug');
  await tabTo(page, 'Create');
  await page.keyboard.press('Enter');
  await page.getByText('It runs, and answers as an MCP server.').waitFor();

  await tabTo(page, 'Instances', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await rowOf(page, 'by-keys').waitFor();
  await tabTo(page, /^by-keys/);
  await page.keyboard.press('Space');
  await page.getByText('1 instance selected').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'Overview' }).waitFor();
  // Tabs are left and right of each other.
  await tabTo(page, 'Overview');
  for (const next of ['Connect', 'Tools']) {
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tab', { name: next, selected: true }).waitFor();
  }
  await tabTo(page, 'Delete', 'Shift+Tab');
  await page.keyboard.press('Enter');
  const question = page.getByRole('dialog', { name: 'Delete by-keys?' });
  await question.waitFor();
  // The harmless answer has the focus.
  expect(await focused(page)).toBe('Cancel');
  await page.keyboard.press('Escape');
  await question.waitFor({ state: 'detached' });
  expect(await focused(page)).toBe('Delete');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Delete by-keys');
  await page.keyboard.press('Enter');
  await page.getByText('Its events stay for a while').waitFor();
  tolerate(/status of 404 .*\/mcp\/instances\//);
});

/** What the focus is at: its label, or what it says. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    const labels =
      element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? element.labels : null;
    const label =
      element?.getAttribute('aria-label') ?? labels?.[0]?.textContent ?? element?.textContent ?? '';
    return label.trim();
  });
}

/** Presses Tab until the focus is there, as somebody would who sees it move. */
async function tabTo(page: Page, goal: string | RegExp, key = 'Tab') {
  const passed: string[] = [];
  while (passed.length < 80) {
    await page.keyboard.press(key);
    const here = await focused(page);
    if (typeof goal === 'string' ? here === goal : goal.test(here)) return;
    passed.push(here);
  }
  throw new Error(`there is no way to ${goal} but past ${passed.join(' | ')}`);
}
