import { resolveCliArgsFromVSCodeExecutablePath } from '@vscode/test-electron';
import { chromium, type Browser, type Page } from 'playwright-core';
import { Cleanup } from './cleanup.ts';
import type { Graphics, Host, HostRequest } from './host.ts';
import { cleanEnvironment, freePort, runToEnd, startProcessTree, type ProcessTree } from './processes.ts';
import { until } from './waiting.ts';

const GRAPHICS: Readonly<Record<Graphics, readonly string[]>> = {
  plain: [],
  webgpu: ['--enable-unsafe-webgpu'],
};

/** A VS Code for the desktop, driven through the debugging port of its Electron. */
export async function startDesktopHost(request: HostRequest, executable: string): Promise<Host> {
  const { profile, vsix, workspace, graphics } = request;
  const env = cleanEnvironment();
  const folders = [`--user-data-dir=${profile.user}`, `--extensions-dir=${profile.extensions}`];
  const cleanup = new Cleanup();
  try {
    await installExtensions(executable, vsix, folders, env);
    const port = await freePort();
    const flags = [
      ...[`--remote-debugging-port=${port}`, '--new-window', '--skip-welcome', '--skip-release-notes'],
      ...['--disable-workspace-trust', '--disable-updates', '--disable-telemetry', '--no-sandbox'],
      ...GRAPHICS[graphics],
    ];
    const code = startProcessTree(executable, [...flags, ...folders, workspace], env);
    cleanup.add(() => code.stop());
    const browser = await connect(port, code);
    cleanup.add(() => browser.close());
    const page = await untilWindow(browser);
    return { page, close: () => cleanup.run() };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function installExtensions(
  executable: string,
  vsix: readonly string[],
  folders: string[],
  env: NodeJS.ProcessEnv,
) {
  // "Reuse" only keeps it from adding its own profile folders to ours.
  const [cli, ...args] = resolveCliArgsFromVSCodeExecutablePath(executable, { reuseMachineInstall: true });
  if (cli === undefined) throw new Error(`${executable} has no command line next to it.`);
  const shell = process.platform === 'win32';
  const quote = (text: string) => (shell ? `"${text}"` : text);
  await runToEnd(
    quote(cli),
    [...args, ...folders, ...vsix.flatMap((path) => ['--install-extension', path]), '--force'].map(quote),
    { env, shell },
  );
}

async function connect(port: number, code: ProcessTree): Promise<Browser> {
  return until(
    async () => {
      if (code.exitCode() !== null) throw new Error(`VS Code ended at once:\n${code.output()}`);
      return chromium.connectOverCDP(`http://127.0.0.1:${port}`).catch(() => undefined);
    },
    () => `VS Code does not answer on its debugging port ${port}:\n${code.output()}`,
  );
}

/** Electron's first page may be a shared process; the window is the one that draws a workbench. */
async function untilWindow(browser: Browser): Promise<Page> {
  return until(
    async () => {
      for (const page of browser.contexts().flatMap((context) => context.pages()))
        if (await page.locator('.monaco-workbench').isVisible()) return page;
      return undefined;
    },
    () => 'VS Code shows no window.',
  );
}
