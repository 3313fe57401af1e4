// Takes a picture of each page, light and dark, wide and narrow, of a console that runs (`npm run preview`), and
// says what a picture does not show: errors in the browser's log, and pages that scroll sideways.
//
//   npm run look -- [address of the console] [folder for the pictures] [path …]

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [address = 'http://127.0.0.1:4173', folder = '../target/console-shots', ...asked] =
  process.argv.slice(2);
const paths =
  asked.length > 0
    ? asked
    : [
        '/',
        '/?q=nothing-has-this-name',
        '/create',
        '/templates',
        '/templates/demo',
        '/plugins',
        '/plugins/naming/rehearse',
        '/provisioners',
        ...(await ofInstance()),
      ];
const program = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(program)) {
  console.error(`There is no browser at ${program}: install chromium, or set CHROMIUM.`);
  process.exit(1);
}
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: program,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
let complaints = 0;
for (const colorScheme of ['light', 'dark']) {
  for (const width of [1440, 380]) {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const complain = (what) => {
      complaints += 1;
      console.error(`${new URL(page.url()).pathname} ${colorScheme} ${width}: ${what}`);
    };
    page.on('console', (message) => message.type() === 'error' && complain(message.text()));
    page.on('pageerror', (error) => complain(String(error)));
    for (const path of paths) {
      await page.goto(address + path);
      await page.locator('h1').waitFor();
      // What is read after the page is there: the stream stays open, so the network never becomes idle.
      await page.waitForTimeout(900);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (sideways > 0) complain(`scrolls sideways by ${sideways} px`);
      const name = path.replaceAll(/[^a-z0-9]+/gi, '-').replaceAll(/^-|-$/g, '') || 'instances';
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`) });
    }
    await page.close();
  }
}
await browser.close();
process.exit(complaints === 0 ? 0 : 1);

/** Every tab of the first instance that the daemon has. */
async function ofInstance() {
  const { instances } = await (await fetch(`${address}/mcp/instances?limit=1`)).json();
  const tabs = ['overview', 'connect', 'tools', 'events', 'logs', 'admission'];
  return instances.flatMap(({ id }) => tabs.map((tab) => `/instances/${id}?tab=${tab}`));
}
