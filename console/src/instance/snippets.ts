// How clients are told of an instance: texts to copy. Pure.
//
// MCP has two eras: a modern server is asked at once, with what it needs to know in every request; an older one
// wants `initialize` first and may give a session. Which it is the last handshake said.

import type { Instance } from '../api/types';

export interface Snippet {
  key: string;
  client: string;
  /** Where it goes. */
  where: string;
  text: string;
}

const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';

type Era = 'modern' | 'legacy';

export interface Spoken {
  era: Era;
  version: string;
}

/** As the last handshake that went well found it; null before the first. */
export function spokenBy(instance: Pick<Instance, 'conditions'>): Spoken | null {
  const handshake = instance.conditions.find(({ type }) => type === 'Handshake');
  if (handshake?.status !== 'True') return null;
  if (handshake.reason === 'Discovered') return { era: 'modern', version: MODERN };
  // The version stands in the sentence only; should that change, the newest is what servers agree from.
  const version = / MCP (\d{4}-\d{2}-\d{2})$/.exec(handshake.message)?.[1];
  return { era: 'legacy', version: version ?? LEGACY };
}

/** What is known to work over this transport; none for one that the console does not know. */
export function snippets(
  name: string,
  endpoint: { url: string; transport: string },
  spoken: Spoken,
): Snippet[] {
  if (endpoint.transport !== 'streamable-http') return [];
  const { url } = endpoint;
  return [
    {
      key: 'claude-code',
      client: 'Claude Code',
      where: 'In a terminal, in the folder of your project',
      text: `claude mcp add --transport http ${quoted(name)} ${quoted(url)}`,
    },
    {
      key: 'claude-desktop',
      client: 'Claude Desktop',
      where:
        'In claude_desktop_config.json (Settings, Developer, Edit Config). It starts programs only, so mcp-remote (npm, needs Node.js) stands in between',
      text: json({
        mcpServers: {
          [name]: {
            command: 'npx',
            args: ['-y', 'mcp-remote', url, ...(needsAllowHttp(url) ? ['--allow-http'] : [])],
          },
        },
      }),
    },
    {
      key: 'vs-code',
      client: 'VS Code',
      where: 'In .vscode/mcp.json of your workspace',
      text: json({ servers: { [name]: { type: 'http', url } } }),
    },
    {
      key: 'curl',
      client: 'curl',
      where: 'In a terminal: lists its tools',
      text: spoken.era === 'modern' ? modernCurl(url) : legacyCurl(url, spoken.version),
    },
  ];
}

/** Whether only programs of the machine where the workload runs reach it. */
export function isLoopback(url: string): boolean {
  const host = hostOf(url);
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\./.test(host);
}

/** mcp-remote takes plain HTTP without being told only for these two names. */
function needsAllowHttp(url: string): boolean {
  return url.startsWith('http:') && !['localhost', '127.0.0.1'].includes(hostOf(url));
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

function modernCurl(url: string): string {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientInfo': { name: 'curl', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return request(url, [`mcp-protocol-version: ${MODERN}`, 'mcp-method: tools/list'], {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/list',
    params: { _meta: meta },
  });
}

function legacyCurl(url: string, version: string): string {
  const session = [`mcp-protocol-version: ${version}`, 'mcp-session-id: $SESSION'];
  const initialize = request(
    url,
    [],
    {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: version, capabilities: {}, clientInfo: { name: 'curl', version: '1' } },
    },
    ' --dump-header headers.txt',
  );
  return [
    initialize,
    '',
    '# Its session, if it gave one: without one the header is left out',
    "SESSION=$(grep -i '^mcp-session-id:' headers.txt | cut -d' ' -f2 | tr -d '\\r')",
    request(url, session, { jsonrpc: '2.0', method: 'notifications/initialized' }),
    request(url, session, { jsonrpc: '2.0', id: 2, method: 'tools/list' }),
  ].join('\n');
}

/** Headers are in double quotes, so that variables of the shell stand in them. */
function request(url: string, headers: readonly string[], body: unknown, more = ''): string {
  const all = ['content-type: application/json', 'accept: application/json, text/event-stream', ...headers];
  return [
    `curl -sS${more} ${quoted(url)} \\`,
    ...all.map((header) => `  -H "${header}" \\`),
    `  -d ${quoted(JSON.stringify(body))}`,
  ].join('\n');
}

/** For a shell, as one word. */
function quoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
