/**
 * Installs what the end-to-end suites run in, once: a VS Code server with its own Node, and a browser to look at it.
 *
 * The tree is built under a temporary name and renamed when complete, so an interrupted install leaves nothing that
 * looks finished. `ready.json` says where everything is; the suites read only that file.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const CODE_SERVER = '4.139.1';
const NODE = '24.21.0';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const cache = resolve(process.env.LIPSCHITZ_E2E_CACHE ?? join(repository, '.cache/vscode-server'));
const treeName = `code-server-${CODE_SERVER}-node-${NODE}-${arch()}`;
const nodePackage = `node-linux-${arch()}`;
const nodeFolder = join('node', 'node_modules', nodePackage);
const vscodeFolder = join('server', 'node_modules', 'code-server', 'lib', 'vscode');

const started = Date.now();
const say = (step) => console.log(`[${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s] ${step}`);

/** A failure that the user can act on; anything else that is thrown is a defect here and keeps its stack. */
class InstallError extends Error {}

async function main() {
  if (platform() !== 'linux' || !['x64', 'arm64'].includes(arch()))
    throw new InstallError(
      `The VS Code server route runs on Linux x64 and arm64 only, not on ${platform()} ${arch()}: use "npm run test:desktop".`,
    );
  await mkdir(cache, { recursive: true });
  const [browser] = await allOrFirstError([ensureBrowser(), ensureServer()]);
  const tree = join(cache, treeName);
  const ready = {
    versions: { codeServer: CODE_SERVER, node: NODE, arch: arch() },
    node: join(tree, nodeFolder, 'bin/node'),
    serverMain: join(tree, vscodeFolder, 'out/server-main.js'),
    browser,
  };
  await writeFile(join(cache, 'ready.json'), `${JSON.stringify(ready, null, 2)}\n`);
  say(`ready: ${join(cache, 'ready.json')}`);
}

async function ensureServer() {
  await removeAbandonedTrees();
  if (existsSync(join(cache, treeName))) return say(`VS Code server: ${treeName} is there`);
  requireOnPath(['npm', 'python3', 'make', 'g++'], 'to build two native modules of the VS Code server');
  const incoming = join(cache, `incoming-${process.pid}`);
  try {
    await buildTree(incoming);
    await rename(incoming, join(cache, treeName)).catch((error) => {
      // Another process finished the same tree first; its copy is as good as ours.
      if (!existsSync(join(cache, treeName))) throw error;
    });
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}

async function buildTree(tree) {
  await Promise.all(['node', 'server'].map((folder) => createPackage(join(tree, folder))));
  say(`VS Code server: downloading code-server@${CODE_SERVER} and ${nodePackage}@${NODE}`);
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];
  // Without scripts throughout: code-server's own would build kerberos, which nothing here uses.
  await allOrFirstError([
    npm([...install, `${nodePackage}@${NODE}`], join(tree, 'node')),
    npm([...install, `code-server@${CODE_SERVER}`], join(tree, 'server')),
  ]);
  const vscode = join(tree, vscodeFolder);
  const node = join(tree, nodeFolder);
  const extensions = npm([...install, '--omit=dev'], join(vscode, 'extensions'));
  const server = (async () => {
    say('VS Code server: installing its dependencies');
    await npm([...install, '--omit=dev'], vscode);
    say('VS Code server: building spdlog and native-watchdog');
    // The environment beats a nodedir in the user's npmrc, which would name the headers of another Node.
    await npm(['rebuild', '--ignore-scripts=false', '@vscode/spdlog', '@vscode/native-watchdog'], vscode, {
      PATH: `${join(node, 'bin')}${delimiter}${process.env.PATH}`,
      npm_config_nodedir: node,
      JOBS: 'max',
    });
    const loads = "require('@vscode/spdlog'); require('@vscode/native-watchdog')";
    await run(join(node, 'bin/node'), ['-e', loads], { cwd: vscode });
  })();
  await allOrFirstError([extensions, server]);
}

async function createPackage(folder) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"private":true}\n');
}

async function removeAbandonedTrees() {
  for (const name of await readdir(cache)) {
    const pid = /^incoming-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(cache, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function ensureBrowser() {
  const present = browserOnPath() ?? (await browserOfPlaywright());
  if (present !== undefined) {
    say(`browser: ${present} is there`);
    return present;
  }
  if (process.getuid() === 0 && onPath('apt-get') !== undefined) {
    say('browser: installing chromium with apt-get');
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update', '-qq'], { env });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'], { env });
  } else {
    say("browser: downloading Playwright's Chromium");
    await run(process.execPath, [playwrightCli(), 'install', 'chromium'], { cwd: repository }).catch((error) => {
      const reason = /Error: .*/.exec(error.message)?.[0] ?? error.message;
      throw new InstallError(`No browser could be downloaded (${reason}): put chromium or google-chrome on PATH.`);
    });
  }
  const installed = browserOnPath() ?? (await browserOfPlaywright());
  if (installed === undefined) throw new InstallError('Chromium was installed but is not on PATH: put it there.');
  say(`browser: ${installed}`);
  return installed;
}

const browserOnPath = () => onPath('chromium') ?? onPath('google-chrome');

const playwrightCli = () => join(repository, 'node_modules/playwright-core/cli.js');

async function browserOfPlaywright() {
  if (!existsSync(playwrightCli()))
    throw new InstallError('playwright-core is not installed: run "npm ci" in the repository first.');
  const { chromium } = await import('playwright-core');
  const path = chromium.executablePath();
  return existsSync(path) ? path : undefined;
}

function onPath(program) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

function requireOnPath(programs, purpose) {
  const missing = programs.filter((program) => onPath(program) === undefined);
  if (missing.length > 0) throw new InstallError(`Not on PATH, needed ${purpose}: ${missing.join(', ')}.`);
}

function npm(args, cwd, env = {}) {
  // Under "npm run" these would point the inner npm at this repository and at its ignore-scripts.
  const inherited = { npm_config_local_prefix: undefined, npm_config_ignore_scripts: undefined };
  return run('npm', args, { cwd, env: { ...inherited, ...env } });
}

/** Runs a program quietly; its output is shown only when it fails. */
function run(program, args, { cwd = cache, env = {} } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    child.on('error', (error) => fail(new InstallError(`${program} could not be started: ${error.message}.`)));
    child.on('close', (code) => {
      if (code === 0) return done(output);
      const command = [program, ...args].join(' ');
      fail(new InstallError(`"${command}" failed with code ${code} in ${cwd}:\n${output.slice(-2000).trim()}`));
    });
  });
}

/** Like Promise.all, but waits for every step to end, so that none still writes while the tree is being removed. */
async function allOrFirstError(steps) {
  const results = await Promise.allSettled(steps);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results.map((result) => result.value);
}

main().catch((error) => {
  console.error(error instanceof InstallError ? error.message : error);
  process.exitCode = 1;
});
