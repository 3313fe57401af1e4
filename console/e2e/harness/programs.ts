// What the tests are run with: the daemon, the demo server, the plugins, the browser. As Vitest's global setup it
// looks for all of them before anything starts, so that what is missing is said once, with what makes it.

import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';

const WORKSPACE = new URL('../../../', import.meta.url);
const inWorkspace = (path: string) => fileURLToPath(new URL(path, WORKSPACE));

/** The daemon, a release build with the console in it. */
export const DAEMON = process.env.WHARFINGER_BIN ?? inWorkspace('target/release/wharfinger');
export const DEMO_SERVER = process.env.WHARFINGER_DEMO_SERVER ?? inWorkspace('target/release/demo-server');
export const CHROMIUM = process.env.WHARFINGER_CHROMIUM ?? '/usr/bin/chromium';
/** Where pictures of every page go. */
export const SHOTS = process.env.WHARFINGER_SHOTS ?? inWorkspace('target/console-shots');
export const PLUGINS = inWorkspace('config/plugins');
/** The console as it was built last. */
export const DIST = inWorkspace('console/dist');

export const BUILD = '`cargo xtask console && cargo build --release --workspace`';

const NEEDED: readonly (readonly [file: string, what: string])[] = [
  [DAEMON, `the daemon; ${BUILD} makes it, and WHARFINGER_BIN names another`],
  [DEMO_SERVER, `the demo server; ${BUILD} makes it, and WHARFINGER_DEMO_SERVER names another`],
  [CHROMIUM, 'Chromium; Debian has it as `chromium`, and WHARFINGER_CHROMIUM names another'],
  [`${PLUGINS}/local.wasm`, 'a plugin; `cargo xtask plugins` makes it'],
  [`${PLUGINS}/naming.wasm`, 'a plugin; `cargo xtask plugins` makes it'],
  [`${PLUGINS}/environment.wasm`, 'a plugin; `cargo xtask plugins` makes it'],
  [`${PLUGINS}/go-mcp-manager.wasm`, 'a plugin; `cargo xtask plugins` makes it'],
  [`${DIST}/index.html`, `the console; ${BUILD} makes it`],
];

export default function setup() {
  const missing = NEEDED.filter(([file]) => !isThere(file));
  if (missing.length > 0) {
    const lines = missing.map(([file, what]) => `  ${file}: ${what}`);
    throw new Error(`The browser tests need what is not there:\n${lines.join('\n')}`);
  }
}

function isThere(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
