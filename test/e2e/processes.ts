import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A program with everything that it starts: stopping it stops the whole tree. */
export interface ProcessTree {
  /** The last output, for error messages. */
  output(): string;
  exitCode(): number | null;
  stop(): Promise<void>;
}

/** Runs a program to its end; the error of a failing one carries what it wrote. */
export async function runToEnd(program: string, args: string[], options: { env: NodeJS.ProcessEnv; shell?: boolean }) {
  await execute(program, args, { ...options, maxBuffer: 1 << 26 }).catch((error: unknown) => {
    if (!(error instanceof Error)) throw error;
    const output = 'stdout' in error ? String(error.stdout) : '';
    throw new Error(`${error.message}\n${output}`.trim(), { cause: error });
  });
}

export function startProcessTree(program: string, args: string[], env: NodeJS.ProcessEnv): ProcessTree {
  const onWindows = process.platform === 'win32';
  // Its own process group, so that one signal reaches the extension hosts and language servers below it too.
  const options: SpawnOptions = { env, detached: !onWindows, stdio: ['ignore', 'pipe', 'pipe'] };
  const child = spawn(program, args, options);
  let output = '';
  const remember = (text: Buffer) => (output = (output + text.toString()).slice(-8000));
  child.stdout?.on('data', remember);
  child.stderr?.on('data', remember);
  child.on('error', (error) => (output += error.message));

  const signal = (name: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    if (onWindows) spawn('taskkill', ['/pid', String(child.pid), '/t', '/f']);
    else signalGroup(child.pid, name);
  };
  const killNow = () => signal('SIGKILL');
  // A test run that ends without disposing must not leave a server behind, and its folders go only after it.
  process.prependOnceListener('exit', killNow);

  return {
    output: () => output,
    exitCode: () => child.exitCode,
    stop: async () => {
      signal('SIGTERM');
      await Promise.race([hasExited(child), sleep(3000)]);
      killNow();
      await Promise.race([hasExited(child), sleep(3000)]);
      process.removeListener('exit', killNow);
    },
  };
}

function signalGroup(pid: number, name: NodeJS.Signals) {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function hasExited(child: ChildProcess) {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** This process's environment without what would make a VS Code below it behave differently from a fresh one. */
export function cleanEnvironment(changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const strange = /^(ELECTRON_|VSCODE_|VITEST|NODE_OPTIONS$|NODE_ENV$|npm_)/;
  const kept = Object.entries(process.env).filter(([name]) => !strange.test(name));
  return { ...Object.fromEntries(kept), ...changes };
}
