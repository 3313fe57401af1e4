// Every page, light and dark, wide and narrow: it can be used by everybody, does not scroll sideways or jump, and a picture
// of it is taken, to be looked at.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Instance } from '../src/api/types';
import { expectAccessible, expectNoSidewaysScroll, expectSteady, settled } from './harness/checks';
import { withDaemon } from './harness/daemon';
import { field } from './harness/look';
import { SHOTS } from './harness/programs';
import { SCENE, setScene } from './harness/scene';
import { AWAY, NARROW, visit, WIDE, withBrowser } from './harness/visit';

const daemon = withDaemon(SCENE);
withBrowser();
beforeAll(() => mkdirSync(SHOTS, { recursive: true }));

const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [WIDE, NARROW].map((viewport) => ({ colorScheme, viewport })),
);

/** Where it is, once it is known what became of which instance; and what is done there before a picture is taken. */
type Place = readonly [
  picture: string,
  path: (scene: Record<string, Instance>) => string,
  act?: (page: Page) => Promise<void>,
];

const EMPTY: readonly Place[] = [['nothing-yet', () => '/']];

const PLACES: readonly Place[] = [
  ['instances', () => '/'],
  ['attention', () => '/', (page) => page.getByRole('button', { name: /^Show all/ }).click()],
  [
    'selected',
    () => '/',
    async (page) => {
      await page.getByRole('checkbox', { name: 'Select team-files' }).check();
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
    },
  ],
  ['no-match', () => '/?q=nothing-has-this-name'],
  ['create', () => '/create'],
  ['create-demo', () => '/create?template=demo'],
  ['create-choosing', () => '/create', (page) => page.getByRole('combobox').first().click()],
  [
    'create-denied',
    () => '/create?template=demo',
    async (page) => {
      const form = page.getByRole('form', { name: 'New instance' });
      await field(form, 'Name').fill('weather');
      await form.getByLabel('GREETING').fill('ahoy');
      await form.getByRole('button', { name: 'Create', exact: true }).click();
      await form.getByText('begin the name with your team').first().waitFor();
    },
  ],
  [
    'create-running',
    () => '/create?template=demo',
    async (page) => {
      const form = page.getByRole('form', { name: 'New instance' });
      await field(form, 'Name').fill('team-lighthouse');
      await form.getByRole('button', { name: 'Create', exact: true }).click();
      await page.getByText('It runs, and answers as an MCP server.').waitFor();
    },
  ],
  ['instance', ({ running }) => `/instances/${running?.id}`],
  ['instance-connect', ({ running }) => `/instances/${running?.id}?tab=connect`],
  ['instance-tools', ({ running }) => `/instances/${running?.id}?tab=tools`],
  [
    'instance-called',
    ({ running }) => `/instances/${running?.id}?tab=tools&tool=add`,
    async (page) => {
      await field(page.getByRole('form'), 'a').fill('40');
      await field(page.getByRole('form'), 'b').fill('2');
      await page.getByRole('button', { name: 'Call add' }).click();
      await page
        .getByRole('region', { name: 'Calls from this page' })
        .getByText('42', { exact: true })
        .waitFor();
    },
  ],
  ['instance-events', ({ recovering }) => `/instances/${recovering?.id}?tab=events`],
  ['instance-logs', ({ running }) => `/instances/${running?.id}?tab=logs`],
  ['instance-admission', ({ running }) => `/instances/${running?.id}?tab=admission`],
  ['instance-recovering', ({ recovering }) => `/instances/${recovering?.id}`],
  ['instance-unhealthy', ({ unhealthy }) => `/instances/${unhealthy?.id}`],
  ['instance-failed', ({ failed }) => `/instances/${failed?.id}`],
  ['instance-deleted', ({ gone }) => `/instances/${gone?.id}`],
  ['instance-unknown', () => '/instances/nobody-made-this'],
  ['templates', () => '/templates'],
  ['plugins', () => '/plugins'],
  [
    'rehearsal',
    () => '/plugins/naming/rehearse',
    async (page) => {
      await field(page.locator('form'), 'Settings, as JSON').fill('{"pattern": "^team-[st]"}');
      await page.getByRole('button', { name: 'Rehearse' }).click();
      await page.getByText(/would refuse \d+ of/i).waitFor();
    },
  ],
  ['template', () => '/templates/demo'],
  ['provisioners', () => '/provisioners'],
  ['no-such-page', () => '/no/such/page'],
];

let scene: Record<string, Instance> = {};

/** In every look a picture is taken, and what holds of every page is checked. */
async function inEveryLook(page: Page, picture: string) {
  for (const { colorScheme, viewport } of LOOKS) {
    // Without motion nothing is caught half way from one look to the other.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize(viewport);
    // What sticks to the top would else stand in the middle of the picture.
    await page.evaluate(() => scrollTo(0, 0));
    const where = `${picture}-${colorScheme}-${viewport.width}`;
    await page.screenshot({ path: join(SHOTS, `${where}.png`), fullPage: true });
    await expectNoSidewaysScroll(page, where);
    await expectAccessible(page, where);
  }
}

function look(places: readonly Place[]) {
  for (const [picture, path, act] of places) {
    test(picture, async () => {
      const { page, tolerate } = await visit(daemon, path(scene), { viewport: NARROW });
      // An instance that is not there is what its page is about.
      tolerate(/status of 404 .*\/mcp\/instances\//);
      // A creation that is denied is one of the pictures.
      tolerate(/status of 422 .*\/mcp\/instances/);
      await settled(page);
      await expectSteady(page, picture);
      await act?.(page);
      await inEveryLook(page, picture);
    });
  }
}

describe('with nothing in it', () => look(EMPTY));

describe('on a working day', () => {
  beforeAll(async () => {
    scene = await setScene(daemon);
  });
  look(PLACES);

  test('away', async () => {
    const { page, tolerate } = await visit(daemon);
    await settled(page);
    tolerate(AWAY);
    await daemon.kill9();
    await page.getByRole('alert').getByText('No live changes since').waitFor();
    await inEveryLook(page, 'away');
    // It is said once, and what was known stays where it was.
    expect(await page.getByRole('alert').count()).toBe(1);
  });
});
