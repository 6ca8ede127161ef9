import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { diagonalMultipliers } from '../../core/estimators/multipliers/method.ts';
import { layerwiseRecursion } from '../../core/estimators/slope-recursion/method.ts';
import type { BoundMethod } from '../../core/estimators/conductor/method.ts';
import { analyse } from '../../core/inspection/layers.ts';
import { openModel } from '../../core/inspection/open-model.ts';
import { defaultRequest } from '../../core/inspection/request.ts';
import type { Network } from '../../core/network/network.ts';
import { prepare, type PreparedNetwork } from '../../core/passes/prepare.ts';
import { UserError } from '../../core/sentence.ts';
import { networkOf, type ConstantSketch, type NodeSketch } from '../operators/small-networks.ts';
import { printTable } from './figures.ts';

const models = resolve(import.meta.dirname, '../../../shared/models');
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 2 });
});
afterAll(() => engine.dispose());

/** One proved bound, and the processor's time until it stood. */
interface Mark {
  readonly value: number;
  readonly cpu: number;
  readonly wall: number;
}

async function marks(
  prepared: PreparedNetwork,
  budget: number,
  method: BoundMethod = diagonalMultipliers,
): Promise<Mark[] | string> {
  const { runnable, analysed, input, output } = prepared;
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  const question = { runnable, analysed, input, output, norm: 'l2', region: { kind: 'all' }, rules } as const;
  const start = performance.now();
  const before = process.cpuUsage();
  const wall = (): number => (performance.now() - start) / 1000;
  const cpu = (): number => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  const work = {
    engine,
    breathe: () => new Promise<void>((resume) => setImmediate(resume)),
    // The machine is shared: the budget is the processor's time, so that a busy neighbour changes nothing.
    remainingSeconds: () => budget - cpu(),
  };
  const found: Mark[] = [];
  try {
    for await (const { value } of method.run({ ...question, constantOf: () => Infinity }, work))
      found.push({ value, cpu: cpu(), wall: wall() });
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return found;
}

const row = (name: string, product: number | undefined, found: Mark[] | string): string[] => {
  if (typeof found === 'string') return [name, '–', found, '', ''];
  const [first, last] = [found[0], found.at(-1)];
  if (first === undefined || last === undefined) return [name, '–', 'nothing proved', '', ''];
  const shown = ({ value, cpu }: Mark): string => `${Number(value.toPrecision(6))} (${cpu.toFixed(1)} s)`;
  const near = found.find(({ value }) => value <= 1.01 * last.value)!;
  return [
    name,
    shown(first),
    shown(near),
    shown(last),
    product === undefined ? '–' : (product / last.value).toFixed(3),
  ];
};
const header = ['network', 'first', 'within 1 % of the last', 'last', 'product / last'];

test('shared models (skipped without ../shared)', { timeout: 1_200_000 }, async () => {
  // Products of norms: FINDINGS-global, section 5.
  const networks: readonly (readonly [string, number, number])[] = [
    ['acasxu_1_1', 2.879e7, 10],
    ['mnistfc_256x2', 839.2, 15],
    ['eran_sigmoid_6x200', 4.155e7, 30],
    ['oval21_cifar_base_kw', 20.478, 100],
    ['cifar10_resnet_2b', 1512.6, 120],
    ['verivital_convnet_maxpool', 596.85, 20],
    ['ort_mnist', 401.8, 20],
  ];
  const rows: string[][] = [];
  for (const [name, product, budget] of networks) {
    const file = `${models}/${name}.onnx`;
    if (!existsSync(file)) continue;
    using model = await openModel(defaultRequest(file), engine);
    rows.push(row(name, product, await marks(model.prepared, budget)));
  }
  printTable('Proved l2 bounds of shared models (in brackets: CPU seconds until they stood)', header, rows);
});

/** Layers of equal width with normal weights scaled to 2 / sqrt(width), from 4 inputs to 2 outputs. */
function randomChain(layers: number, width: number): Network {
  let state = 12345;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const constants: Record<string, ConstantSketch> = {};
  const nodes: NodeSketch[] = [];
  let from = 'x';
  for (let layer = 0; layer <= layers; layer++) {
    const [rows, columns] = [layer === layers ? 2 : width, layer === 0 ? 4 : width];
    const values = Float64Array.from({ length: rows * columns }, () => normal() / Math.sqrt(width));
    constants[`w${layer}`] = { shape: [rows, columns], values };
    nodes.push({ op: 'Gemm', inputs: [from, `w${layer}`], outputs: [`p${layer}`], attributes: { transB: 1 } });
    if (layer < layers) nodes.push({ op: 'Relu', inputs: [`p${layer}`], outputs: [`q${layer}`] });
    from = `q${layer}`;
  }
  return networkOf({ input: [1, 4], nodes, constants });
}

test('random ReLU chains', { timeout: 600_000 }, async () => {
  const [first, better]: [string[][], string[][]] = [[], []];
  for (const [layers, width] of [
    [2, 20],
    [5, 20],
    [10, 20],
    [20, 40],
    [30, 80],
    [50, 60],
    [100, 100],
    [50, 300],
  ] as const) {
    const name = `${layers} layers of ${width}`;
    const prepared = await prepare(randomChain(layers, width), { dims: {}, held: new Map() }, engine);
    first.push(row(name, undefined, await marks(prepared, 20, layerwiseRecursion)));
    better.push(row(name, undefined, await marks(prepared, 20)));
  }
  printTable('The recursion from layer to layer on random ReLU chains', header, first);
  printTable('Proved l2 bounds of random ReLU chains within 20 CPU seconds', header, better);
});
