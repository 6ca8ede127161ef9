import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { until } from './waiting.ts';

const execute = promisify(execFile);

/** The process that computes for the VS Code of this test run, and for no other. */
export const workerProcess = (): Promise<number> => until(findWorkerProcess, () => 'no worker process runs.');

/** The same if it runs now. */
export async function findWorkerProcess(): Promise<number | undefined> {
  const { stdout } = await execute('ps', ['-eo', 'pid=,ppid=,args=']);
  const processes = stdout.split('\n').flatMap((line) => {
    const found = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return found === null ? [] : [{ pid: Number(found[1]), parent: Number(found[2]), command: found[3]! }];
  });
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const isOurs = (pid: number): boolean => {
    let above = parents.get(pid);
    while (above !== undefined && above > 1) {
      if (above === process.pid) return true;
      above = parents.get(above);
    }
    return false;
  };
  return processes.find(({ pid, command }) => /dist[\\/]worker\.mjs/.test(command) && isOurs(pid))?.pid;
}
