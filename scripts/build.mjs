// Bundles everything that runs: the command line, the worker, the extension and its panel. Needs nothing but node_modules.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const require = createRequire(import.meta.url);

/** Found beside the bundle at run time: native libraries and .wasm files cannot be bundled. */
const engines = ['onnxruntime-node', 'onnxruntime-web'];

const node = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  absWorkingDir: root,
  outdir: dist,
  sourcemap: process.argv.includes('--sourcemap'),
  minify: process.argv.includes('--minify'),
  logLevel: 'warning',
};

// CommonJS packages inside an ES module bundle still call require.
const requireBanner =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/** Its ES module asks for import.meta.url, which a CommonJS bundle does not have. */
const treeSitter = join(dirname(require.resolve('web-tree-sitter')), 'web-tree-sitter.cjs');

/** Files of their own: parsing them would be most of the extension's activation, and many windows never need them. */
const loadedLater = { 'syntax-parser': 'core/source/syntax-parser.ts', client: 'core/worker/client.ts' };

/** esbuild splits ES modules only, and the extension is CommonJS. */
const splitting = {
  name: 'splitting',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ kind, path }) => {
      if (kind !== 'dynamic-import') return undefined;
      const name = basename(path, '.ts');
      return name in loadedLater
        ? { path: `./${name}.cjs`, external: true }
        : { errors: [{ text: `${path} is loaded later and has to be listed in scripts/build.mjs` }] };
    });
  },
};

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await Promise.all([
  build({
    ...node,
    format: 'esm',
    entryPoints: { cli: 'core/cli/main.ts' },
    external: engines,
    banner: { js: `#!/usr/bin/env node\n${requireBanner}` },
  }),
  build({
    ...node,
    format: 'esm',
    entryPoints: {
      worker: 'core/worker/entry.ts',
      'map-thread': 'core/worker/map-thread.ts',
      'layer-thread': 'core/worker/layer-thread.ts',
      'layout-thread': 'core/layout/layout-thread.ts',
    },
    outExtension: { '.js': '.mjs' },
    external: engines,
    banner: { js: requireBanner },
  }),
  build({
    ...node,
    format: 'cjs',
    entryPoints: { extension: 'extension/extension.ts', ...loadedLater },
    outExtension: { '.js': '.cjs' },
    external: ['vscode'],
    alias: { 'web-tree-sitter': treeSitter },
    plugins: [splitting],
  }),
  build({
    bundle: true,
    format: 'esm',
    target: 'es2022',
    absWorkingDir: root,
    outdir: join(dist, 'webview'),
    entryPoints: { main: 'webview/main.ts', history: 'webview/history/main.ts' },
    minify: node.minify,
    sourcemap: node.sourcemap,
    logLevel: 'warning',
  }),
  cp(join(root, 'webview', 'main.css'), join(dist, 'webview', 'main.css')),
  cp(
    join(dirname(require.resolve('@vscode/codicons/package.json')), 'dist', 'codicon.css'),
    join(dist, 'webview', 'codicon.css'),
  ),
  cp(
    join(dirname(require.resolve('@vscode/codicons/package.json')), 'dist', 'codicon.ttf'),
    join(dist, 'webview', 'codicon.ttf'),
  ),
  cp(join(dirname(require.resolve('web-tree-sitter')), 'web-tree-sitter.wasm'), join(dist, 'web-tree-sitter.wasm')),
  cp(
    join(dirname(require.resolve('tree-sitter-typescript/package.json')), 'tree-sitter-tsx.wasm'),
    join(dist, 'tree-sitter-typescript.wasm'),
  ),
  cp(
    join(dirname(require.resolve('tree-sitter-python/package.json')), 'tree-sitter-python.wasm'),
    join(dist, 'tree-sitter-python.wasm'),
  ),
]);
execFileSync(process.execPath, [join(root, 'scripts', 'l10n.mjs')], { stdio: 'inherit' });
