import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { milliseconds, printTable } from './figures.ts';
import { measureProvider, publicModels, type Measured } from './providers/measure.ts';

const provider = (process.env['LIPSCHITZ_BENCH_PROVIDER'] ?? 'webgpu') as 'webgpu';
const threads = Math.min(8, availableParallelism());

const engine = await openEngine({ provider, threads });
const reason = engine.summary.provider === provider ? undefined : engine.summary.fallback;
await engine.dispose();

/** PyTorch on its own GPU, by the python3 on the path or the one that LIPSCHITZ_BENCH_PYTHON names. */
function peers(): ReadonlyMap<string, number> {
  const python = process.env['LIPSCHITZ_BENCH_PYTHON'] ?? 'python3';
  const { stdout } = spawnSync(python, [join(import.meta.dirname, 'providers', 'peers.py')], { encoding: 'utf8' });
  const lines = ((stdout as string | null) ?? '').split('\n').filter((line) => line.startsWith('{'));
  return new Map(
    lines.map((line) => {
      const { name, run } = JSON.parse(line) as { name: string; run: number };
      return [name, run];
    }),
  );
}

test.skipIf(reason !== undefined)(`${provider} against the CPU and PyTorch (${reason ?? 'it is here'})`, async () => {
  const figures: Measured[] = [];
  for await (const figure of measureProvider(provider, publicModels, threads)) figures.push(figure);
  const other = peers();
  const rows = figures
    .filter((figure) => figure.provider !== 'cpu')
    .map((gpu) => {
      const cpu = figures.find(({ name, provider: where }) => name === gpu.name && where === 'cpu')!;
      expect(gpu.kinked).toBeLessThan(0.05);
      const torch = other.get(gpu.name);
      return [
        gpu.name,
        milliseconds(cpu.run),
        milliseconds(gpu.first),
        milliseconds(gpu.run),
        (cpu.run / gpu.run).toFixed(1),
        gpu.apart.toExponential(1),
        `${(100 * gpu.kinked).toFixed(2)} %`,
        torch === undefined ? '-' : milliseconds(torch),
        gpu.fallback ?? '',
      ];
    });
  printTable(
    `${provider} against ${threads} threads of the CPU, a run with copies in and out`,
    ['graph', 'CPU', `${provider}, first run`, 'later', 'times as fast', 'apart', 'beyond a kink', 'PyTorch', 'notice'],
    rows,
  );
});
