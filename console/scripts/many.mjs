// A made-up daemon with as many instances as you like, to look at a full table: `npm run many -- 10000 7190`, then
// `WHARFINGER_URL=http://127.0.0.1:7190 npm run dev`. It lists, reads and streams as the daemon does, and changes
// some instances all the time. It is for looking at only: no test uses it.

import { createServer } from 'node:http';

const count = Number(process.argv[2] ?? 10_000);
const port = Number(process.argv[3] ?? 7190);
const STATUSES = [
  'running',
  'running',
  'running',
  'running',
  'unhealthy',
  'failed',
  'creating',
  'recovering',
];
const TEMPLATES = ['demo', 'everything', 'weather', 'search'];
const RUNGS = ['WorkloadObserved', 'PortOpen', 'HttpAnswers', 'Handshake', 'ToolsListed'];
/** A second, in which so many instances change. */
const CHANGES = 40;

let revision = 0;
const born = Date.now() - count * 1_000;
const instances = Array.from({ length: count }, (_, at) => {
  const since = new Date(born + at * 1_000).toISOString();
  const status = STATUSES[(at * 7) % STATUSES.length];
  const id = `0199${at.toString(16).padStart(8, '0')}-0000-7000-8000-000000000000`.replace(/^(.{8})/, '$1-');
  return change({
    id,
    name: `${TEMPLATES[at % 4]}-${at.toString(36).padStart(4, '0')}`,
    description: null,
    template: TEMPLATES[at % 4],
    provisioner: at % 3 === 0 ? 'go-mcp-manager' : 'local',
    conditions: RUNGS.map((type) => ({
      type,
      status: status === 'unhealthy' && type === 'PortOpen' ? 'False' : 'True',
      reason: 'Asked',
      message: 'made up',
      since,
      latency_us: 200,
    })),
    endpoint: { url: `http://127.0.0.1:${20_000 + (at % 40_000)}/mcp`, transport: 'streamable-http' },
    workload: null,
    environment: { LOG_LEVEL: 'info' },
    secrets: [],
    labels: { team: ['sea', 'land', 'air'][at % 3], ring: String(at % 5) },
    error: null,
    attempt: 0,
    next_attempt_at: null,
    admission: [],
    created_at: since,
    updated_at: since,
    observed_at: since,
    status,
  });
});
const byId = new Map(instances.map((instance) => [instance.id, instance]));
const streams = new Set();

function change(instance, status = instance.status) {
  revision += 1;
  return Object.assign(instance, { status, revision, updated_at: new Date().toISOString() });
}

setInterval(() => {
  for (let times = 0; times < CHANGES; times += 1) {
    const instance = instances[Math.floor(Math.random() * count)];
    const from = instance.status;
    change(instance, STATUSES[Math.floor(Math.random() * STATUSES.length)]);
    const event = {
      revision,
      at: instance.updated_at,
      instance: { id: instance.id, name: instance.name },
      type: 'conditions-changed',
      from,
      to: instance.status,
      reason: null,
      message: null,
    };
    for (const stream of streams)
      stream.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\nid: ${revision}\n\n`);
  }
}, 1_000);

function list(query) {
  const limit = Number(query.get('limit') ?? 50);
  const start = Number(query.get('cursor') ?? 0);
  const next = start + limit < count ? String(start + limit) : null;
  return { instances: instances.slice(start, start + limit), next_cursor: next, revision };
}

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://daemon');
  if (pathname === '/mcp/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`event: start\ndata: {"revision":${revision}}\nid: ${revision}\n\n`);
    streams.add(response);
    response.on('close', () => streams.delete(response));
    return;
  }
  const found =
    pathname === '/mcp/instances'
      ? list(searchParams)
      : byId.get(decodeURIComponent(pathname.replace('/mcp/instances/', '')));
  response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(found ?? {}));
}).listen(port, '127.0.0.1', () => console.log(`${count} made-up instances on http://127.0.0.1:${port}`));
