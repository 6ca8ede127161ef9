import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { readModel } from '../../core/formats/index.ts';
import { openModelFile } from '../../core/formats/bytes.ts';
import { drawMap } from '../../core/inspection/map.ts';
import { defaultMapRequest, type MapRequest } from '../../core/inspection/map-request.ts';
import type { LipschitzMap } from '../../core/report/map.ts';
import { hireForMap } from '../../core/worker/map-threads.ts';
import { printTable } from './figures.ts';

const repository = join(import.meta.dirname, '../..');
const trained = join(repository, 'samples/two_moons/mlp.onnx');
const python = process.env['LIPSCHITZ_BENCH_PYTHON'] ?? 'python3';

let engine: Engine;
let folder: string;
let script: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 2 });
  await mkdir(join(repository, '.cache'), { recursive: true });
  folder = await mkdtemp(join(repository, '.cache/maps-bench-'));
  script = join(folder, 'map-thread.mjs');
  await build({
    entryPoints: [join(repository, 'core/worker/map-thread.ts')],
    outfile: script,
    ...({ bundle: true, platform: 'node', format: 'esm', target: 'node20' } as const),
    external: ['onnxruntime-node', 'onnxruntime-web'],
    banner: { js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);" }, // prettier-ignore
  });
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

interface Run {
  readonly map: LipschitzMap;
  readonly wall: number;
  readonly cpu: number;
}

async function run(request: MapRequest): Promise<Run> {
  const [before, start] = [process.cpuUsage(), performance.now()];
  const hire = (asked: MapRequest, signal: AbortSignal) => hireForMap(asked, signal, script);
  for await (const event of drawMap(request, engine, new AbortController().signal, { hire }))
    if (event.kind === 'finished') {
      const { user, system } = process.cpuUsage(before);
      return { map: event.map, wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
    }
  throw new Error('The map did not end.');
}

const asked = (more: Partial<MapRequest>, file = trained): MapRequest => ({
  ...defaultMapRequest(file, more.method ?? 'certified'),
  budgetSeconds: 300,
  threads: 2,
  ...more,
});

/** The largest relative gap, and the share of cells whose ends are within 5 %. */
function gaps({ cells: { lower, upper } }: LipschitzMap): { readonly worst: number; readonly within: number } {
  const all = Array.from(lower, (value, k) => upper[k]! / value - 1);
  return { worst: Math.max(...all), within: all.filter((gap) => gap <= 0.05).length / all.length };
}

const seconds = (value: number): string => `${value.toFixed(2)} s`;

test('the paper network: certified, jacobian and pairs, beside PyTorch', async () => {
  const rows: string[][] = [];
  const row = (what: string, { wall, cpu }: Run, target: string, result: string): void => {
    rows.push([what, seconds(wall), seconds(cpu), target, result, loadavg()[0]!.toFixed(1)]);
  };
  const certified = await run(asked({}));
  const { worst } = gaps(certified.map);
  expect(worst).toBeLessThan(1e-9);
  row('certified, 50 x 50', certified, '2 s of one core', `largest gap ${worst.toExponential(1)}`);
  const fine = await run(asked({ grid: { rows: 200, columns: 200 } }));
  row('certified, 200 x 200', fine, '20 s', `largest gap ${gaps(fine.map).worst.toExponential(1)}`);
  const jacobian = await run(asked({ method: 'jacobian', samples: 100 }));
  row('jacobian, 100 points a cell', jacobian, '1 s', `largest ${Math.max(...jacobian.map.cells.lower).toFixed(3)}`);
  const many = await run(asked({ method: 'jacobian', samples: 4000, seed: 5 }));
  const over = many.map.cells.lower.filter((value, k) => value > certified.map.cells.upper[k]!).length;
  expect(over).toBe(0);
  row('jacobian, 10^7 points', many, 'none above its cell', `${over} above`);
  const pairs = await run(asked({ method: 'pairs', samples: 2500 }));
  row('pairs, 2500 a cell', pairs, '0.7 of PyTorch', `largest ${Math.max(...pairs.map.cells.lower).toFixed(3)}`);
  printTable('Maps of 2-100-100-100-1 on [-3, 3]^2, l2, two threads', ['map', 'wall', 'processor', 'target', 'result', 'load'], rows); // prettier-ignore
  if (existsSync(python)) {
    const environment = { ...process.env, MALLOC_MMAP_THRESHOLD_: '1073741824', MALLOC_TRIM_THRESHOLD_: '2147483648' };
    // Threads that wait for each other spin: on a loaded machine only one thread's processor time means something.
    for (const [threads, env] of [
      [2, process.env],
      [2, environment],
      [1, environment],
    ] as const) {
      // prettier-ignore
      const { stdout, stderr, status } = spawnSync(python, [join(import.meta.dirname, 'maps-peers.py')], { input: JSON.stringify({ threads }), encoding: 'utf8', env }); // prettier-ignore
      expect(status, stderr).toBe(0);
      const peer = JSON.parse(stdout) as { torch: string; settings: { chunk: number; wall: number; cpu: number }[] };
      for (const { chunk, wall, cpu } of peer.settings)
        rows.push([`PyTorch ${peer.torch}, ${threads} threads, ${chunk} pairs a call${env === environment ? ', memory kept' : ''}`, seconds(wall), seconds(cpu), '', `ours / its ${(pairs.wall / wall).toFixed(2)} wall, ${(pairs.cpu / cpu).toFixed(2)} CPU`, loadavg()[0]!.toFixed(1)]); // prettier-ignore
    }
  }
  printTable('The same pairs in PyTorch', ['setting', 'wall', 'processor', '', 'result', 'load'], rows.slice(5)); // prettier-ignore
}, 1_800_000);

test('the same weights with GELU: bounds within 5 %', async () => {
  using source = openModelFile(trained);
  const network = readModel(source);
  const nodes = network.nodes.map((node) => (node.op === 'Relu' ? { ...node, op: 'Gelu' } : node));
  const file = join(folder, 'gelu.onnx');
  await writeFile(file, writeOnnx({ ...network, nodes, opset: 20 }));
  const bent = await run(asked({ budgetSeconds: 60 }, file));
  const { worst, within } = gaps(bent.map);
  printTable('GELU in place of ReLU, certified, 50 x 50', ['wall', 'processor', 'cells within 5 %', 'largest gap', 'load'], [[seconds(bent.wall), seconds(bent.cpu), `${(100 * within).toFixed(2)} %`, worst.toFixed(4), loadavg()[0]!.toFixed(1)]]); // prettier-ignore
});
