// Every page, light and dark, wide and narrow: it can be used by everybody, does not scroll sideways, and a picture
// of it is taken, to be looked at.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, test } from 'vitest';
import type { Instance } from '../src/api/types';
import { expectAccessible, expectNoSidewaysScroll, settled } from './harness/checks';
import { withDaemon } from './harness/daemon';
import { SHOTS } from './harness/programs';
import { SCENE, setScene } from './harness/scene';
import { NARROW, visit, WIDE, withBrowser } from './harness/visit';

const daemon = withDaemon(SCENE);
withBrowser();
beforeAll(() => mkdirSync(SHOTS, { recursive: true }));

const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [WIDE, NARROW].map((viewport) => ({ colorScheme, viewport })),
);

/** The last part says where it is, once it is known what became of which instance. */
type Place = readonly [picture: string, path: (scene: Record<string, Instance>) => string];

const EMPTY: readonly Place[] = [['nothing-yet', () => '/']];

const PLACES: readonly Place[] = [
  ['instances', () => '/'],
  ['no-match', () => '/?q=nothing-has-this-name'],
  ['create', () => '/create'],
  ['create-demo', () => '/create?template=demo'],
  ['instance', ({ running }) => `/instances/${running?.id}`],
  ['instance-connect', ({ running }) => `/instances/${running?.id}?tab=connect`],
  ['instance-tools', ({ running }) => `/instances/${running?.id}?tab=tools`],
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
  ['provisioners', () => '/provisioners'],
  ['no-such-page', () => '/no/such/page'],
];

let scene: Record<string, Instance> = {};

function look(places: readonly Place[]) {
  test.each(places)('%s', async (picture, path) => {
    const { page, tolerate } = await visit(daemon, path(scene));
    // An instance that is not there is what its page is about.
    tolerate(/status of 404 .*\/mcp\/instances\//);
    await settled(page);
    for (const { colorScheme, viewport } of LOOKS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      const where = `${picture}-${colorScheme}-${viewport.width}`;
      await page.screenshot({ path: join(SHOTS, `${where}.png`), fullPage: true });
      await expectNoSidewaysScroll(page, where);
      await expectAccessible(page, where);
    }
  });
}

describe('with nothing in it', () => look(EMPTY));

describe('on a working day', () => {
  beforeAll(async () => {
    scene = await setScene(daemon);
  });
  look(PLACES);
});
