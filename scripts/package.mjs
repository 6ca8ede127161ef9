// npm run package [-- TARGET]: a VSIX that holds ONNX Runtime for one platform only (default: this one).
// Platforms without a native ONNX Runtime (Intel Macs, musl) get its WebAssembly build instead.
import { createVSIX } from '@vscode/vsce';
import { cpSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root, run } from './install.mjs';

ensureInstalled();

const target = process.argv[2] ?? `${process.platform}-${process.arch}`;
const [platform, architecture] = target.split('-');
const modules = join(root, 'node_modules');
const packed = join(root, 'dist', 'node_modules');

run('node', ['scripts/build.mjs', '--minify']);
mkdirSync(packed, { recursive: true });
copy('onnxruntime-common', ['package.json', 'dist/cjs']);
const native = join('bin', 'napi-v6', platform === 'win32' ? 'win32' : platform, architecture);
if (existsSync(join(modules, 'onnxruntime-node', native))) {
  copy('onnxruntime-node', ['package.json', 'dist', native]);
} else {
  copy('onnxruntime-web', [
    'package.json',
    'dist/ort.node.min.js',
    'dist/ort.node.min.mjs',
    'dist/ort-wasm-simd-threaded.mjs',
    'dist/ort-wasm-simd-threaded.wasm',
  ]);
}

const vsix = join(root, `lipschitz-inspector-${target}.vsix`);
await createVSIX({ cwd: root, target, packagePath: vsix, dependencies: false, allowMissingRepository: true });
rmSync(packed, { recursive: true });
console.log(`${vsix}: ${(statSync(vsix).size / 2 ** 20).toFixed(1)} MB for ${target}`);

function copy(name, parts) {
  for (const part of parts) {
    const from = join(modules, name, part);
    if (!existsSync(from)) continue;
    cpSync(from, join(packed, name, part), { recursive: true, filter: (path) => !/\.(map|d\.ts)$/.test(path) });
  }
}
