/** Runs the same suites in VS Code for the desktop, on machines that can download it and have a screen. */
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { downloadAndUnzipVSCode } from '@vscode/test-electron';

const here = dirname(fileURLToPath(import.meta.url));
const repository = resolve(here, '../..');

async function main() {
  const executable = await downloadVSCode();
  if (executable === undefined) return 1;
  const vitest = join(repository, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--config', join(here, 'vitest.config.ts'), ...process.argv.slice(2)];
  const env = { ...process.env, LIPSCHITZ_E2E_DESKTOP: executable };
  const child = spawn(process.execPath, args, { cwd: repository, env, stdio: 'inherit' });
  return new Promise((done) => child.on('close', (code) => done(code ?? 1)));
}

async function downloadVSCode() {
  const version = process.env.LIPSCHITZ_E2E_VSCODE_VERSION ?? 'stable';
  try {
    return await downloadAndUnzipVSCode({ version, cachePath: join(repository, '.cache/vscode-desktop') });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(
      `VS Code (${version}) could not be downloaded (${reason}): on Linux "npm run test:e2e" runs the same suites without it.`,
    );
  }
}

process.exitCode = await main();
