import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const repository = join(import.meta.dirname, '../..');

/** A thread's main module as the build makes it, in a folder from where ONNX Runtime is found. */
export interface ThreadBundle {
  readonly folder: string;
  readonly script: string;
  remove(): Promise<void>;
}

export async function bundleThread(name: 'map-thread' | 'layer-thread'): Promise<ThreadBundle> {
  const cache = join(repository, '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'threads-'));
  const script = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(repository, `core/worker/${name}.ts`)],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['onnxruntime-node', 'onnxruntime-web'],
    banner: { js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);" }, // prettier-ignore
  });
  return { folder, script, remove: () => rm(folder, { recursive: true }) };
}
