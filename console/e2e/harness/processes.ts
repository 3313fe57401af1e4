// The processes that a test's daemon started, found without its help: supervisors and workloads outlive the daemon
// by design. One belongs to a test if the test's folder is in its command line or its environment. It reads /proc.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export interface Process {
  pid: number;
  command: string[];
  environment: string[];
}

/** Every living process that carries `folder`. */
export function processesOf(folder: string): Process[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const all = pids.map((pid) => see(Number(pid))).filter((process) => process !== null);
  return all.filter(({ pid, command, environment }) => {
    const carries = [...command, ...environment].some((word) => word.includes(folder));
    return carries && pid !== process.pid;
  });
}

/** Kills them all, and again until none is left: killing can race with forking. */
export async function killProcessesOf(folder: string): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const left = processesOf(folder);
    if (left.length === 0) return;
    for (const { pid } of left) kill(pid);
    await pause(20);
  }
  throw new Error(`processes of ${folder} cannot be killed`);
}

/** Kills one at once; it may have ended by itself. */
export function kill(pid: number) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Null for one that is gone, a zombie, or somebody else's. */
function see(pid: number): Process | null {
  const words = (file: string) =>
    readFileSync(`/proc/${pid}/${file}`, 'utf8')
      .split('\0')
      .filter((word) => word !== '');
  try {
    const command = words('cmdline');
    return command.length === 0 ? null : { pid, command, environment: words('environ') };
  } catch {
    return null;
  }
}
