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
import { median, printTable } from './figures.ts';
import { MapsPeer, peerSettings, type PeerSeconds } from './maps-peer.ts';

const repository = join(import.meta.dirname, '../..');
const trained = join(repository, 'samples/two_moons/mlp.onnx');
const python = process.env['LIPSCHITZ_BENCH_PYTHON'] ?? 'python3';
/** Of the comparison with PyTorch: ROUNDS=10 npm run bench -- maps. */
const rounds = Number(process.env['ROUNDS'] ?? 5);
const chunks = [500, 1000, 2500];
/** What the peer computes of the 2500 cells when it is its turn. */
const peerCells = 80;

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

test('the paper network: certified, jacobian and pairs', async () => {
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
  row('pairs, 2500 a cell', pairs, '0.7 of PyTorch, below', `largest ${Math.max(...pairs.map.cells.lower).toFixed(3)}`);
  printTable('Maps of 2-100-100-100-1 on [-3, 3]^2, l2, two threads', ['map', 'wall', 'processor', 'target', 'result', 'load'], rows); // prettier-ignore
}, 1_800_000);

test('the pairs of the paper, in turns with PyTorch', { timeout: 3_600_000 }, async () => {
  const peers = (await Promise.all(peerSettings(loadavg()[0]!).map((setting) => MapsPeer.start(python, setting)))).filter((peer) => peer !== undefined); // prettier-ignore
  if (peers.length === 0)
    return void process.stdout.write('\nNo Python with torch was found (name one in LIPSCHITZ_BENCH_PYTHON): no pairs were compared.\n'); // prettier-ignore
  try {
    const settings = peers.flatMap((peer) => chunks.map((chunk) => ({ peer, chunk, seconds: [] as PeerSeconds[] })));
    const ours: Run[] = [];
    const loads: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const own = await run(asked({ method: 'pairs', samples: 2500 }));
      const theirs: PeerSeconds[] = [];
      for (const { peer, chunk } of settings) theirs.push(await peer.measure(chunk, peerCells));
      // The first round warms both up.
      if (round === 0) continue;
      ours.push(own);
      loads.push(loadavg()[0]!);
      settings.forEach(({ seconds: all }, k) => all.push(theirs[k]!));
    }
    const middle = (runs: readonly PeerSeconds[]): string[] =>
      (['wall', 'cpu'] as const).map((which) => seconds(median(runs.map((one) => one[which]))));
    const rows = settings.map(({ peer, chunk, seconds: all }) => [`PyTorch ${peer.torch}, ${peer.setting.threads} threads, ${peer.setting.waiting} when they wait, ${chunk} pairs a call`, ...middle(all)]); // prettier-ignore
    printTable(`2500 cells x 2500 pairs in turns, middle of ${rounds} rounds, load ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`, ['', 'wall', 'processor'], [['pairs, two threads', ...middle(ours)], ...rows]); // prettier-ignore
    // The setting is chosen by all rounds: the fastest of a single one is whoever had the least to share the machine with.
    const ratios = (['wall', 'cpu'] as const).map((which) => {
      const times = settings.map(({ seconds: all }) => all.map((one) => one[which]));
      const best = times.reduce((least, own) => (median(own) < median(least) ? own : least));
      const own = ours.map((one, round) => one[which] / best[round]!);
      const words = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(', ');
      return [which === 'wall' ? 'wall' : 'processor', words([median(own)]), words(own)];
    });
    printTable('Ours / the fastest setting of PyTorch (target 0.7 by the wall)', ['', 'middle', 'each round'], ratios); // prettier-ignore
  } finally {
    for (const peer of peers) peer[Symbol.dispose]();
  }
});

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
