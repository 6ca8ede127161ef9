import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '../..');
const require = createRequire(import.meta.url);
const grammars = {
  'web-tree-sitter.wasm': 'web-tree-sitter/web-tree-sitter.wasm',
  'tree-sitter-python.wasm': 'tree-sitter-python/tree-sitter-python.wasm',
  'tree-sitter-typescript.wasm': 'tree-sitter-typescript/tree-sitter-tsx.wasm',
};

export const samples = join(repository, 'samples');
export const shared = resolve(repository, '../shared');

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface CommandLine extends AsyncDisposable {
  /** A folder for files of the test. */
  readonly folder: string;
  run(...args: readonly string[]): Promise<Outcome>;
  /** The same with these environment variables beside the others. */
  runWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Outcome>;
  /** Starts it, sends SIGINT as soon as it says something, and waits. */
  interrupt(...args: readonly string[]): Promise<Outcome>;
}

/** The command line as users get it: bundled, in a process of its own. It has to lie where ONNX Runtime is found. */
export async function commandLine(): Promise<CommandLine> {
  const cache = join(repository, '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'cli-'));
  const program = join(folder, 'cli.mjs');
  await build({
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    absWorkingDir: repository,
    entryPoints: ['core/cli/main.ts'],
    outfile: program,
    external: ['onnxruntime-node', 'onnxruntime-web'],
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  // As the build puts them beside the program.
  for (const [name, file] of Object.entries(grammars)) await copyFile(require.resolve(file), join(folder, name));

  const start = (args: readonly string[], interrupted: boolean, environment = {}): Promise<Outcome> =>
    new Promise((done, failed) => {
      const child = spawn(process.execPath, [program, ...args], {
        cwd: folder,
        env: { ...process.env, ...environment },
      });
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => {
        err += chunk.toString();
        // Once: a second Ctrl+C means "now", and kills.
        if (interrupted && !child.killed) child.kill('SIGINT');
      });
      child.on('error', failed);
      child.on('close', (code) => done({ code, out, err }));
    });

  return {
    folder,
    run: (...args) => start(args, false),
    runWith: (environment, ...args) => start(args, false, environment),
    interrupt: (...args) => start(args, true),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
