// A daemon for one file of tests: the release binary in a folder of its own.
//
//   <folder>/wharfinger.toml, templates/, plugins/    written here, or by the test
//   <folder>/data/                                    the daemon's; kept over kill9(), stop() and start()
//   <folder>/tmp/                                     its TMPDIR, by which its children are known
//
// Its port is a free one at the first start and stays the same afterwards, so that a page finds it again.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import type { Instance } from '../../src/api/types';
import { type DaemonOptions, DEMO, toml } from './config';
import { killProcessesOf, processesOf } from './processes';
import { BUILD, DAEMON, DIST, PLUGINS } from './programs';

/** Compiling plugins on a busy machine is the slowest thing a start does. */
const START = 90_000;
const STOP = 30_000;
const POLL = 25;

/** A daemon that runs for as long as the tests of this file. */
export function withDaemon(options: DaemonOptions = {}): Daemon {
  const daemon = new Daemon(options);
  beforeAll(() => daemon.start());
  afterAll(() => daemon.remove());
  return daemon;
}

export class Daemon {
  readonly folder = mkdtempSync(join(tmpdir(), 'wharfinger-console-'));
  #child: ChildProcess | null = null;
  #origin = '';
  #log = '';

  constructor(options: DaemonOptions) {
    mkdirSync(join(this.folder, 'tmp'));
    mkdirSync(join(this.folder, 'templates'));
    cpSync(PLUGINS, join(this.folder, 'plugins'), { recursive: true });
    for (const [name, text] of Object.entries(options.templates ?? { demo: DEMO })) {
      this.write(`templates/${name}.toml`, text);
    }
    this.write('wharfinger.toml', toml(options));
  }

  /** Where it listens: `http://127.0.0.1:PORT`. */
  get origin(): string {
    return this.#origin;
  }

  /** What it wrote, earlier starts included. */
  get log(): string {
    return this.#log;
  }

  /** Starts it, or starts it again on what it left, and waits until it is ready. */
  async start(): Promise<void> {
    if (this.#child !== null) throw new Error('the daemon is running already');
    const environment = Object.entries(process.env).filter(([key]) => !key.startsWith('WHARFINGER_'));
    // The file says that any port will do, and stays as it is: a change of it would have to be told.
    if (this.#origin !== '') environment.push(['WHARFINGER__SERVER__LISTEN', new URL(this.#origin).host]);
    const child = spawn(DAEMON, ['serve', '--config', join(this.folder, 'wharfinger.toml')], {
      cwd: this.folder,
      env: { ...Object.fromEntries(environment), TMPDIR: join(this.folder, 'tmp') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let printed = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    await this.#until('listen and be ready', START, async () => {
      if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}\n${this.#log}`);
      const origin = /^wharfinger listening on (\S+)\n/m.exec(printed)?.[1];
      if (origin === undefined) return false;
      if (this.#origin === '') await this.#settle(origin);
      return (await fetch(`${origin}/readyz`)).ok;
    });
  }

  /** Asks it to stop, and waits until it has. What it started lives on. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Kills it at once, as a crash would. What it started lives on. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Runs another subcommand on its configuration to the end: `backup`, `restore`. */
  run(subcommand: string, ...more: string[]) {
    execFileSync(DAEMON, [subcommand, '--config', join(this.folder, 'wharfinger.toml'), ...more], {
      cwd: this.folder,
      stdio: 'pipe',
    });
  }

  /** Kills it with everything it started, and removes its folder. */
  async remove(): Promise<void> {
    if (this.#child !== null) await this.kill9();
    await killProcessesOf(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Writes or replaces a file of its folder; it appears whole, as a careful editor would have it. */
  write(path: string, content: string | Uint8Array) {
    const file = join(this.folder, path);
    writeFileSync(`${file}.new`, content);
    renameSync(`${file}.new`, file);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  /** The processes of an instance's workload. */
  servers(id: string): number[] {
    const mark = `WHARFINGER_INSTANCE=${id}`;
    return processesOf(this.folder)
      .filter(({ environment }) => environment.includes(mark))
      .map(({ pid }) => pid);
  }

  /** Asks the API, past the console. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
    const response = await fetch(this.#origin + path, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, body: (json ? JSON.parse(text) : text) as T };
  }

  /** Creates an instance past the console, and waits for its outcome. */
  async create(request: { name: string; template?: string; [member: string]: unknown }): Promise<Instance> {
    const { status, body } = await this.ask<Instance>('POST', '/mcp/instances', {
      template: 'demo',
      ...request,
    });
    if (status !== 201) throw new Error(`${request.name}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** The instance, by id or name, once it is as `test` wants it; null stands for one that is gone. */
  async until(id: string, test: (instance: Instance | null) => boolean): Promise<Instance | null> {
    let last: Instance | null = null;
    await this.#until(`have ${id} as the test wants it`, 60_000, async () => {
      const { status, body } = await this.ask<Instance>('GET', `/mcp/instances/${id}`);
      last = status === 404 ? null : body;
      return test(last);
    });
    return last;
  }

  /** From now on it listens there; and its console must be the one that was built last. */
  async #settle(origin: string): Promise<void> {
    this.#origin = origin;
    const page = await fetch(origin, { headers: { accept: 'text/html' } });
    if ((await page.text()) !== readFileSync(join(DIST, 'index.html'), 'utf8')) {
      throw new Error(`${DAEMON} has another console than console/dist: ${BUILD} makes them the same`);
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null) throw new Error('the daemon is not running');
    child.kill(signal);
    await this.#until('end', STOP, async () => child.exitCode !== null || child.signalCode !== null);
    this.#child = null;
  }

  async #until(goal: string, patience: number, test: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + patience;
    while (!(await test())) {
      if (Date.now() > deadline) throw new Error(`the daemon did not ${goal} in time\n${this.#log}`);
      await pause(POLL);
    }
  }
}
