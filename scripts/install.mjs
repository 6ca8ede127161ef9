// Installs the node modules when they are missing or older than the lock file. The first thing that start and test do.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

export function ensureInstalled() {
  // A second worktree may borrow the modules of the first by a link: npm ci through it would empty them under everybody's feet.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const marker = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log('Installing the node modules …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Runs a command in the repository; a failure ends this process with the same exit code. */
export function run(command, args, { environment = {} } = {}) {
  const { status } = tryRun(command, args, { environment });
  if (status !== 0) process.exit(status ?? 1);
}

export function tryRun(command, args, { environment = {} } = {}) {
  const shell = process.platform === 'win32';
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', shell, env: { ...process.env, ...environment } });
}

/** Runs a command beside others and keeps what it says. */
export function runBeside(command, args) {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ status: 1, output: `${output}${error.message}\n` }));
    child.on('close', (status) => resolve({ status, output }));
  });
}

export { root };
