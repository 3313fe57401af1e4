// A browser that looks at a test's daemon. What no page may do fails the test by itself: an error in the browser's
// log, a breach of the content security policy, a request to anybody but the daemon, a dialog of the browser.

import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import type { Daemon } from './daemon';
import { CHROMIUM, SHOTS } from './programs';

/** It asks nobody but whom it is told to; see CONTRIBUTING. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PATIENCE = 20_000;

export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 380, height: 800 };

/** What Chromium's log says of a daemon that is away. */
export const AWAY =
  /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE/;

export interface Visit {
  page: Page;
  /** From now on such a complaint is what the test wants to see. */
  tolerate(complaint: RegExp): void;
}

let browser: Browser | null = null;

/** A browser for as long as the tests of this file. */
export function withBrowser() {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });
  afterAll(() => browser?.close());
}

/** A page of its own for this test, with nothing stored. */
export async function visit(daemon: Daemon, path = '/', options: BrowserContextOptions = {}): Promise<Visit> {
  if (browser === null) throw new Error('a file that visits pages says withBrowser() first');
  const context = await browser.newContext({
    baseURL: daemon.origin,
    viewport: WIDE,
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  const complaints: string[] = [];
  const tolerated: RegExp[] = [];
  const page = await context.newPage();
  // Injected by the browser's own protocol, so that the policy has no say in it.
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      console.error(`breach of the policy: ${violatedDirective} ${blockedURI}`),
    );
    // How far things moved that nobody asked to move; see expectSteady.
    const seen = Object.assign(window, { jumped: 0 });
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries())
        seen.jumped += (shift as PerformanceEntry & { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.stack ?? error}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.type()} ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && origin !== daemon.origin) complaints.push(`asked for ${request.url()}`);
  });

  onTestFinished(async ({ task }) => {
    const unwanted = complaints.filter((each) => !tolerated.some((pattern) => pattern.test(each)));
    if (task.result?.state === 'fail' || unwanted.length > 0) {
      const picture = join(SHOTS, 'failed', `${task.name.replaceAll(/\W+/g, '-')}.png`);
      await page.screenshot({ path: picture });
      console.error(
        `${task.name}: ${page.url()}, ${picture}\n${unwanted.join('\n')}\n${daemon.log.slice(-4_000)}`,
      );
    }
    await context.close();
    expect(unwanted, 'what the browser complained of').toEqual([]);
  });
  await page.goto(path);
  await page.locator('h1').first().waitFor();
  return { page, tolerate: (complaint) => tolerated.push(complaint) };
}
