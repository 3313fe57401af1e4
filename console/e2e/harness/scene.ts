// A harbour as somebody would find it on a working day: instances in every state, a policy, a backend that is away,
// and files that were refused. For pictures and for checks that hold of every page.

import type { Instance } from '../../src/api/types';
import { ABSENT, type DaemonOptions, DEMO, demoTemplate, ENVIRONMENT } from './config';
import type { Daemon } from './daemon';

const NAMING = (pattern: string) => `
[[hooks]]
name = "naming"
plugin = "plugins/naming.wasm"
settings = { pattern = "${pattern}", message = "begin the name with your team, as in team-weather" }
`;

const ICON =
  'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAyNCAyNCIgZmlsbD0ibm9uZSIgc3Ryb2tlPSIjMmY3ZjllIiBzdHJva2Utd2lkdGg9IjIiPjxjaXJjbGUgY3g9IjEyIiBjeT0iNSIgcj0iMyIvPjxwYXRoIGQ9Ik0xMiA4djEzTTUgMTJIMmExMCAxMCAwIDAgMCAyMCAwaC0zIi8+PC9zdmc+';

export const SCENE: DaemonOptions = {
  // What recovers does so for as long as the pictures take.
  recovery: { base: '10m', cap: '20m' },
  more: ABSENT + NAMING('^[a-z]') + ENVIRONMENT,
  templates: {
    demo: DEMO.replace('\ndescription', `\nicon = "${ICON}"\ndescription`),
    search: demoTemplate(
      'search',
      'Full-text search over the wiki, with a tool that the server lost',
    ).replace('expect_tools = ["echo"]', 'expect_tools = ["search"]'),
    files: demoTemplate('files', 'Reads files of the team’s shared folder').replace(
      /^command = .*$/m,
      'command = ["/opt/files/bin/file-server", "--root", "/srv/shared"]',
    ),
  },
};

/** Makes it; the instances by what became of them. */
export async function setScene(daemon: Daemon): Promise<Record<string, Instance>> {
  const labels = (team: string, stage: string) => ({ labels: { team, stage } });
  const running = await daemon.create({
    name: 'team-weather',
    description: 'Forecasts for the coast, asked by the planning board every hour',
    environment: { LOG_LEVEL: 'debug', REGION: 'north-sea' },
    secrets: { DEMO_TOKEN: 'a-token-nobody-may-see' },
    ...labels('sea', 'production'),
  });
  for (const message of ['high water at 14:20', 'wind from the west']) {
    await daemon.ask('POST', `/mcp/instances/${running.id}/tools/echo`, { arguments: { message } });
  }
  await daemon.create({ name: 'team-tides', ...labels('sea', 'staging') });
  const gone = await daemon.create({ name: 'team-yesterday', ...labels('sea', 'staging') });
  await daemon.ask('DELETE', `/mcp/instances/${gone.id}`);

  const crashed = await daemon.create({
    name: 'team-berths',
    ...labels('land', 'production'),
    environment: { DEMO_STDERR: 'berths: the database answered with an error, giving up' },
  });
  for (const pid of daemon.servers(crashed.id)) process.kill(pid, 'SIGKILL');
  const ask = (name: string, more: object) =>
    daemon.ask('POST', '/mcp/instances?wait=0s', { name, template: 'demo', ...more });
  await ask('team-wiki-search', { template: 'search', ...labels('land', 'production') });
  await ask('team-files', { template: 'files', ...labels('land', 'staging') });
  await ask('team-customs', { provisioner: 'absent', ...labels('air', 'staging') });

  // The policy becomes stricter: a version to roll back to, and one that is refused on top of it.
  const config = daemon.read('wharfinger.toml');
  const stricter = config.replace(NAMING('^[a-z]'), NAMING('^team-'));
  daemon.write('wharfinger.toml', stricter);
  await daemon.ask('POST', '/mcp/plugins/reload');
  await ask('weather', {});
  daemon.write('plugins/environment.wasm', 'not a component');
  daemon.write('templates/files.toml', `${daemon.read('templates/files.toml')}\nprot = 80\n`);
  await daemon.ask('POST', '/mcp/plugins/reload');

  const until = async (name: string, status: string) => {
    const instance = await daemon.until(name, (instance) => instance?.status === status);
    if (instance === null) throw new Error(`${name} is gone`);
    return instance;
  };
  return {
    running,
    gone,
    recovering: await until('team-berths', 'recovering'),
    unhealthy: await until('team-wiki-search', 'unhealthy'),
    failed: await until('team-files', 'failed'),
  };
}
