import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface Bundles {
  readonly folder: string;
  readonly dispose: () => Promise<void>;
}

const repository = join(import.meta.dirname, '..', '..');

/**
 * Bundles entries as the product's is bundled: a worker is forked from one plain script. Within the repository, since ONNX Runtime
 * stays outside of the bundle and is looked for from there.
 */
export async function bundle(...entries: readonly string[]): Promise<Bundles> {
  const cache = join(repository, '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'worker-'));
  await build({
    entryPoints: entries.map((entry) => join(repository, entry)),
    entryNames: '[name]',
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['onnxruntime-node', 'onnxruntime-web'],
  });
  return { folder, dispose: () => rm(folder, { recursive: true }) };
}

export const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

export async function eventually(condition: () => boolean, withinMs = 60_000): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return condition();
}
