import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { norms, type Norm } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { inspected, written } from '../inspection/certificates/inspected.ts';
import { networkOf, type ConstantSketch, type NodeSketch } from '../operators/small-networks.ts';
import { printTable } from './figures.ts';
import { randomNumbers } from '../estimators/exact/random-programs.ts';

const shared = resolve(import.meta.dirname, '../../../shared');
let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 0 });
  folder = await mkdtemp(join(tmpdir(), 'global-bench-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

interface Measured {
  readonly inspection: Inspection;
  readonly norm: Norm;
  readonly wall: number;
  readonly cpu: number;
}

async function measured(file: string, norm: Norm, budget: number): Promise<Measured> {
  const start = performance.now();
  const before = process.cpuUsage();
  const inspection = await inspected(file, norm, engine, budget);
  const { user, system } = process.cpuUsage(before);
  return { inspection, norm, wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
}

const number = (value: number | undefined | null): string =>
  value === undefined || value === null ? '–' : Number(value.toPrecision(5)).toString();
const seconds = ({ wall, cpu }: Measured): string => `${wall.toFixed(1)} s, CPU ${cpu.toFixed(1)}`;
const upperOf = ({ inspection, norm }: Measured): number | null => inspection.lipschitz[norm]!.upper.value;
const lowerOf = ({ inspection, norm }: Measured): number => inspection.lipschitz[norm]!.lower.value;
const ratio = (run: Measured): string => {
  const upper = upperOf(run);
  return upper === null ? '∞' : (upper / lowerOf(run)).toFixed(5);
};
/** The least value of every method, in the order of their first appearance. */
const methodsOf = ({ inspection }: Measured): string => {
  const best = new Map<string, number>();
  for (const { side, method, value } of inspection.bounds)
    if (side === 'upper') best.set(method, Math.min(value, best.get(method) ?? Number.POSITIVE_INFINITY));
  return [...best].map(([method, value]) => `${method} ${number(value)}`).join(', ');
};

interface Peer {
  readonly name: string;
  readonly exact: number;
  readonly lipsdp_neuron?: { readonly value: number };
  readonly combettes_pesquet?: { readonly value: number };
  readonly eclipse_fast_repo?: { readonly value: number };
}

const read = (path: string): unknown => JSON.parse(readFileSync(join(shared, path), 'utf8'));

test.skipIf(!existsSync(shared))('small networks of known constants', async () => {
  const peers = new Map((read('cases/peers-global.json') as Peer[]).map((peer) => [peer.name, peer]));
  const rows: string[][] = [];
  for (const kind of ['mlp', 'dag'])
    for (const name of readdirSync(join(shared, 'cases', kind))
      .filter((file) => file.endsWith('.onnx'))
      .map((file) => file.slice(0, -5)))
      // prettier-ignore
      for (const norm of norms) {
        const truth = read(`cases/${kind}/${name}.json`) as {
          global_exact?: Partial<Record<Norm, number>>;
          expected?: { exact?: Partial<Record<Norm, number>> };
        };
        const run = await measured(join(shared, 'cases', kind, `${name}.onnx`), norm, 10);
        const peer = norm === 'l2' ? peers.get(name) : undefined;
        rows.push([
          name,
          norm,
          number((truth.global_exact ?? truth.expected?.exact)?.[norm]),
          number(lowerOf(run)),
          number(upperOf(run)),
          ratio(run),
          seconds(run),
          number(peer?.lipsdp_neuron?.value),
          number(peer?.combettes_pesquet?.value),
          number(peer?.eclipse_fast_repo?.value),
          methodsOf(run),
        ]);
      }
  const header = ['network', 'norm', 'exact', 'lower', 'upper', 'upper/lower', 'time', 'LipSDP', 'C.-P.', 'ECLipsE-Fast', 'all upper ends']; // prettier-ignore
  printTable('Known constants: mlp/ closed to 1.0001 within 2 s; dag/ piecewise linear within 1.01', header, rows);
});

/** He's weights, biases of deviation 1/2. */
function randomChain(sizes: readonly number[], seed: number): Promise<string> {
  const uniform = randomNumbers(seed);
  const gaussian = (): number => Math.sqrt(-2 * Math.log(uniform() + 1e-300)) * Math.cos(2 * Math.PI * uniform());
  const nodes: NodeSketch[] = [];
  const constants: Record<string, ConstantSketch> = {};
  let current = 'x';
  for (let l = 1; l < sizes.length; l++) {
    const [rows, columns] = [sizes[l]!, sizes[l - 1]!];
    const drawn = (count: number, scale: number): Float32Array => Float32Array.from({ length: count }, () => scale * gaussian()); // prettier-ignore
    constants[`w${l}`] = { shape: [rows, columns], values: drawn(rows * columns, Math.sqrt(2 / columns)) };
    constants[`b${l}`] = { shape: [rows], values: drawn(rows, 0.5) };
    nodes.push({ op: 'Gemm', inputs: [current, `w${l}`, `b${l}`], outputs: [`h${l}`], attributes: { transB: 1 } });
    current = `h${l}`;
    if (l < sizes.length - 1) nodes.push({ op: 'Relu', inputs: [current], outputs: [(current = `a${l}`)] });
  }
  const network = networkOf({ input: [1, sizes[0]!], nodes, constants, output: current });
  return written(network, join(folder, `${sizes.join('-')}-${seed}.onnx`));
}

test('random networks', async () => {
  const rows: string[][] = [];
  for (const sizes of [
    [2, 50, 50, 1],
    [4, 20, 20, 1],
    [10, 10, 10, 2],
    [10, 20, 20, 2],
  ])
    // prettier-ignore
    for (const norm of norms) {
      const run = await measured(await randomChain(sizes, 1), norm, 10);
      rows.push([sizes.join('-'), norm, number(lowerOf(run)), number(upperOf(run)), ratio(run), seconds(run), methodsOf(run)]); // prettier-ignore
    }
  printTable(
    'Random He networks, 10 s: 2-50-50-1 closed within 5 s, the next two within 10 s; prototype on 10-20-20-2: 1.80 (l1) 1.89 (l2) 2.51 (linf)',
    ['network', 'norm', 'lower', 'upper', 'upper/lower', 'time', 'all upper ends'],
    rows,
  );
});

/** Prototype: how many times tighter than the product, and its lower end (shared/FINDINGS-global.md, section 5). */
const real = [
  ['acasxu_1_1', 10, 326, 344.9],
  ['mnistfc_256x2', 10, 2.686, 25.7],
  ['eran_sigmoid_6x200', 30, 6.47, 269],
  ['oval21_cifar_base_kw', 60, 3.74, 2.41],
  ['cifar10_resnet_2b', 60, 24.6, 4.08],
  ['verivital_convnet_maxpool', 60, 1.7, 142.4],
  ['ort_mnist', 60, 1.71, 22.4],
] as const;

test.skipIf(!existsSync(shared))('trained networks', { timeout: 1_200_000 }, async () => {
  const rows: string[][] = [];
  for (const [name, budget, factor, lower] of real) {
    const file = join(shared, 'models', `${name}.onnx`);
    for (const norm of name === 'acasxu_1_1' || name === 'mnistfc_256x2' ? norms : (['l2'] as const)) {
      const run = await measured(file, norm, budget);
      const product = run.inspection.bounds.filter(({ method }) => method === 'product').at(-1)?.value;
      const upper = upperOf(run);
      rows.push([
        name,
        norm,
        `${budget} s`,
        number(product),
        number(upper),
        product === undefined || upper === null ? '–' : number(product / upper),
        norm === 'l2' ? number(factor) : '–',
        number(lowerOf(run)),
        norm === 'l2' ? number(lower) : '–',
        seconds(run),
        methodsOf(run),
      ]);
    }
  }
  const header = ['network', 'norm', 'budget', 'product', 'upper', 'product/upper', 'prototype', 'lower', "prototype's", 'time', 'all upper ends']; // prettier-ignore
  printTable('Trained networks', header, rows);
});
