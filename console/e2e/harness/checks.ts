// What holds of every page: nothing serious that axe finds, and nothing that scrolls sideways or jumps.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Accessibility, as far as a machine can tell. */
export async function expectAccessible(page: Page, where: string) {
  // By the browser's protocol: the page's own policy would refuse a script that is put into it.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const words = serious.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`).join('\n')}`,
  );
  expect(words, `what axe found: ${where}`).toEqual([]);
}

/** The page is as wide as the window; a part of it that is wider scrolls inside itself. */
export async function expectNoSidewaysScroll(page: Page, where: string) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(over, `pixels that ${where} is too wide`).toBeLessThanOrEqual(0);
}

/** Nothing jumped while the page was filled, by Chromium's own measure, in which 0.1 still counts as good. */
export async function expectSteady(page: Page, where: string) {
  const jumped = await page.evaluate(() => (window as unknown as { jumped: number }).jumped);
  expect(jumped, `how far ${where} jumped`).toBeLessThan(0.02);
}

/** What was loading is there. */
export async function settled(page: Page) {
  await page.locator('h1').first().waitFor();
  await expect.poll(() => page.locator('.animate-pulse').count()).toBe(0);
  await page.evaluate(() => document.fonts.ready);
}
