import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { launchBrowser } from './browser.ts';
import type { Host, HostRequest } from './host.ts';
import { cleanEnvironment, freePort, runToEnd, startProcessTree, type ProcessTree } from './processes.ts';
import { Cleanup } from './cleanup.ts';
import { PATIENCE, until } from './waiting.ts';

/** The VS Code server that install.mjs made, seen through a headless browser. */
export async function startServerHost({ profile, vsix, workspace, graphics }: HostRequest): Promise<Host> {
  const installed = await readInstalled();
  const env = cleanEnvironment({ HOME: profile.home });
  const folders = [
    ...['--server-data-dir', profile.server],
    ...['--user-data-dir', profile.user],
    ...['--extensions-dir', profile.extensions],
  ];
  const cleanup = new Cleanup();
  try {
    await runToEnd(
      installed.node,
      [installed.serverMain, ...folders, ...vsix.flatMap((path) => ['--install-extension', path]), '--force'],
      { env },
    );
    const port = await freePort();
    const flags = [
      ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
      ...['--accept-server-license-terms', '--enable-smoke-test-driver', '--disable-telemetry'],
      ...['--disable-workspace-trust', '--reconnection-grace-time', '5'],
      // Should a test run be killed hard, its server ends by itself some minutes later.
      '--enable-remote-auto-shutdown',
    ];
    const server = startProcessTree(installed.node, [installed.serverMain, ...flags, ...folders], env);
    cleanup.add(() => server.stop());
    const address = `http://127.0.0.1:${port}`;
    const [browser] = await Promise.all([launchBrowser(installed.browser, graphics), untilServing(address, server)]);
    cleanup.add(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(`${address}/?folder=${encodeURIComponent(workspace)}`, { timeout: 4 * PATIENCE });
    return { page, close: () => cleanup.run() };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

interface Installed {
  readonly node: string;
  readonly serverMain: string;
  readonly browser: string;
}

async function readInstalled(): Promise<Installed> {
  const repository = resolve(import.meta.dirname, '../..');
  const cache = process.env['LIPSCHITZ_E2E_CACHE'] ?? resolve(repository, '.cache/vscode-server');
  const text = await readFile(resolve(cache, 'ready.json'), 'utf8').catch((error: unknown) => {
    throw new Error('No VS Code server is installed: run "node test/e2e/install.mjs" first.', { cause: error });
  });
  return JSON.parse(text) as Installed;
}

async function untilServing(address: string, server: ProcessTree): Promise<void> {
  await until(
    async () => {
      if (server.exitCode() !== null) throw new Error(`The VS Code server ended at once:\n${server.output()}`);
      const answer = await fetch(`${address}/version`).catch(() => undefined);
      return answer?.ok === true ? true : undefined;
    },
    () => `the VS Code server does not answer at ${address}:\n${server.output()}`,
  );
}
