// The configuration of a test's daemon: the local provisioner, and times that are short enough to watch.

import { DEMO_SERVER } from './programs';

export interface DaemonOptions {
  /** More tables, as TOML: hooks, provisioners, other sections. */
  more?: string;
  /** How long it waits before it makes something anew. */
  recovery?: { base: string; cap: string };
  /** Templates, as TOML, by the names of their files; without them there is `demo`. */
  templates?: Record<string, string>;
}

const BASE = `
[server]
listen = "127.0.0.1:0"
data_dir = "data"

[reconcile]
settle = "300ms"
sweep = "1s"

[defaults]
provisioner = "local"

[provisioners.local]
plugin = "plugins/local.wasm"
grants = ["process"]
endpoints = ["127.0.0.0/8", "::1"]
settings = { pass_environment = ["PATH", "HOME", "LANG", "TMPDIR"], stop_grace = "1s" }
`;

/** A hook that lets through what begins with `team-`, and says so in its own words. */
export const NAMING = `
[[hooks]]
name = "naming"
plugin = "plugins/naming.wasm"
settings = { pattern = "^team-", message = "begin the name with your team, as in team-weather" }
`;

/** Warns of what looks like a secret and is given in clear; refuses what is forbidden. */
export const ENVIRONMENT = `
[[hooks]]
name = "environment"
plugin = "plugins/environment.wasm"
settings = { forbidden = ["DEBUG_*"], secret_like = "warn" }
`;

/** A provisioner whose backend is not there: what it is to make stays requested, and costs nothing. */
export const ABSENT = `
[provisioners.absent]
plugin = "plugins/go-mcp-manager.wasm"
upstreams.manager = { url = "http://127.0.0.1:9" }
settings = { dialect = "auto" }
`;

export function toml({ more = '', recovery = { base: '100ms', cap: '400ms' } }: DaemonOptions): string {
  return `${BASE}
[recovery]
base = "${recovery.base}"
cap = "${recovery.cap}"
${more}`;
}

/** A template of the demo server; `lines` go before its tables. */
export function demoTemplate(name: string, description: string, more = ''): string {
  return `
name = ${JSON.stringify(name)}
description = ${JSON.stringify(description)}
port = 8000
command = [${JSON.stringify(DEMO_SERVER)}]

[health]
interval = "300ms"
timeout = "5s"
failures = 2
start_period = "1s"
expect_tools = ["echo"]
${more}`;
}

/** The template of most tests, with an input of every kind. */
export const DEMO = demoTemplate(
  'demo',
  'A small MCP server: echo, add, clock',
  `
[[inputs]]
name = "LOG_LEVEL"
description = "How much the server tells"
default = "info"
choices = ["error", "warn", "info", "debug"]

[[inputs]]
name = "GREETING"
description = "Lower-case letters"
pattern = "[a-z]+"

[[inputs]]
name = "DEMO_TOKEN"
description = "A credential"
secret = true
`,
);
