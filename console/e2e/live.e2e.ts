// The page hears of everything by itself, and catches up by itself when the daemon was away.

import { expect, test } from 'vitest';
import { withDaemon } from './harness/daemon';
import { rowOf, streamState } from './harness/look';
import { AWAY, visit, withBrowser } from './harness/visit';

const daemon = withDaemon();
withBrowser();

test('an instance that somebody else makes appears, changes and goes without a reload', async () => {
  const { page } = await visit(daemon);
  await page.getByText('There are no instances').waitFor();
  const { id } = await daemon.create({ name: 'passing' });
  await rowOf(page, 'passing').getByText('running', { exact: true }).waitFor();
  await daemon.ask('DELETE', `/mcp/instances/${id}`);
  await rowOf(page, 'passing').waitFor({ state: 'detached' });
});

for (const [how, end] of [
  ['stopped', () => daemon.stop()],
  ['killed', () => daemon.kill9()],
] as const) {
  test(`a daemon that is ${how} and started again in the middle: the page says so, and catches up`, async () => {
    const [stays, goes] = [`stays-${how}`, `goes-${how}`];
    await daemon.create({ name: stays });
    const leaving = await daemon.create({ name: goes });
    const { page, tolerate } = await visit(daemon);
    await rowOf(page, goes).getByText('running', { exact: true }).waitFor();
    expect(await streamState(page)).toBe('live');
    // Lost with every reload.
    await page.evaluate(() => Object.assign(window, { sameDocument: true }));

    tolerate(AWAY);
    await end();
    await page.getByRole('alert').getByText('No live changes since').waitFor();
    expect(await streamState(page)).toBe('down');
    // What was known is still shown.
    expect(await rowOf(page, stays).count()).toBe(1);

    await daemon.start();
    // Before the page is back, something changes that it cannot have heard of.
    await daemon.ask('DELETE', `/mcp/instances/${leaving.id}`);
    await daemon.create({ name: `new-${how}` });
    await expect.poll(() => streamState(page)).toBe('live');
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await rowOf(page, goes).waitFor({ state: 'detached' });
    await rowOf(page, `new-${how}`).getByText('running', { exact: true }).waitFor();
    await rowOf(page, stays).getByText('running', { exact: true }).waitFor();
    expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true);
  });
}
