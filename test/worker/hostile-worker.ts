import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Bundles the entries in `fixtures` as the product's entry is bundled: a worker is forked from one plain script. */
export async function bundleFixtures(): Promise<{ readonly folder: string; readonly dispose: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'lipschitz-worker-'));
  await build({
    entryPoints: ['hostile-entry', 'doomed-parent'].map((name) => join(import.meta.dirname, 'fixtures', `${name}.ts`)),
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

export async function eventually(condition: () => boolean, withinMs = 5000): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return condition();
}
