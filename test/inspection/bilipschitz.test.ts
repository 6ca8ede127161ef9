import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms, type Norm } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { bilipschitz } from '../../core/inspection/bilipschitz.ts';
import { defaultRequest } from '../../core/inspection/request.ts';
import type { Network } from '../../core/network/network.ts';
import type { BilipschitzReport } from '../../core/report/bilipschitz.ts';
import { networkOf, weights, type ConstantSketch, type NodeSketch } from '../operators/small-networks.ts';
import { singularValues } from '../estimators/norms/small-maps.ts';
import { kinds, slopeNetwork, type Activation } from '../estimators/multipliers/slope-networks.ts';
import { written } from './certificates/inspected.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'bilipschitz-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/bilipschitz.schema.json'), 'utf8')) as object,
);

let count = 0;
async function askedOf(network: Network, region = 'all', norm: Norm = 'l2'): Promise<BilipschitzReport> {
  const file = await written(network, join(folder, `${count++}.onnx`));
  const request = { ...defaultRequest(file), region, norm, budgetSeconds: 20 };
  const report = await bilipschitz(request, engine, new AbortController().signal);
  expect(validate(JSON.parse(JSON.stringify(report))) ? [] : validate.errors).toEqual([]);
  return report;
}

const dense = (from: string, weight: string, to: string): NodeSketch => ({
  op: 'Gemm',
  inputs: [from, weight],
  outputs: [to],
  attributes: { transB: 1 },
});

const bent = (op: string, from: string, to: string, attributes: NodeSketch['attributes'] = {}): NodeSketch => ({
  op,
  inputs: [from],
  outputs: [to],
  attributes,
});

/** Smallest and largest singular value. */
function ends({ shape: [rows, columns], values }: ConstantSketch): { least: number; most: number } {
  const numbers = Array.from(values, Math.fround);
  const matrix = Array.from({ length: rows! }, (_, i) => numbers.slice(i * columns!, (i + 1) * columns!));
  const all = singularValues(matrix).toSorted((a, b) => a - b);
  return { least: all[0]!, most: all.at(-1)! };
}

describe('how far a network keeps points apart', () => {
  it('is the product of the least stretches of layers in a row', async () => {
    const constants = { a: weights([4, 3], 1), b: weights([4, 4], 2) };
    const nodes = [dense('x', 'a', 'p'), bent('LeakyRelu', 'p', 'q', { alpha: { float: 0.25 } }), dense('q', 'b', 'y')];
    const { lower, upper } = await askedOf(networkOf({ input: [1, 3], nodes, constants }));
    const product = 0.25 * ends(constants.a).least * ends(constants.b).least;
    expect(lower.value).toBeLessThanOrEqual(product);
    expect(lower.value).toBeGreaterThan(product * (1 - 1e-6));
    expect(upper?.rigor).toBe('certified');
    expect(upper!.value).toBeGreaterThanOrEqual(lower.value);
  });

  it('is found from both sides where a network is linear', async () => {
    const constants = { a: weights([5, 3], 3) };
    const { lower, upper } = await askedOf(networkOf({ input: [1, 3], nodes: [dense('x', 'a', 'y')], constants }));
    expect(lower.value / ends(constants.a).least).toBeCloseTo(1, 6);
    expect(upper!.value / ends(constants.a).least).toBeCloseTo(1, 3);
  });

  it('is 1 - |g| for a residual block x + g(x), and 0 where g may take everything back', async () => {
    const block = (scale: number): { network: Network; gain: number } => {
      const constants = { a: weights([6, 3], 4), b: weights([3, 6], 5) };
      const small = { shape: [3, 6], values: Array.from(constants.b.values, (value) => scale * value) };
      const nodes = [
        dense('x', 'a', 'p'),
        bent('Relu', 'p', 'q'),
        dense('q', 'b', 'r'),
        { op: 'Add', inputs: ['x', 'r'], outputs: ['y'] },
      ];
      const network = networkOf({ input: [1, 3], nodes, constants: { a: constants.a, b: small } });
      return { network, gain: ends(constants.a).most * ends(small).most };
    };
    const unit = block(1).gain;
    const { network, gain } = block(0.5 / unit);
    const { lower, upper } = await askedOf(network);
    expect(gain).toBeCloseTo(0.5, 6);
    // The branch as a whole may be bounded better than by its layers.
    expect(lower.value).toBeGreaterThan(1 - gain - 1e-6);
    expect(upper!.value).toBeGreaterThanOrEqual(lower.value);
    const lost = await askedOf(block(4 / unit).network);
    expect(lost.lower.value).toBe(0);
    expect(lost.lower.lostAt?.op).toBe('Add');
  });

  it.each(norms)('is in %s what the inverse of an additive coupling layer cannot stretch by more', async (norm) => {
    const constants = {
      a: weights([4, 2], 21, 0.4),
      b: weights([3, 4], 22, 0.4),
      c: weights([3, 3], 23, 0.2),
      halves: { shape: [2], values: [2, 3], type: 'int64' },
      turned: { shape: [5], values: [4, 3, 2, 1, 0], type: 'int64' },
    } as const;
    const coupling = (added: readonly NodeSketch[], g: string): Network =>
      networkOf({
        input: [1, 5],
        nodes: [
          { op: 'Gather', inputs: ['x', 'turned'], outputs: ['t'], attributes: { axis: 1 } },
          { op: 'Split', inputs: ['t', 'halves'], outputs: ['l', 'r'], attributes: { axis: 1 } },
          ...added,
          { op: 'Sub', inputs: ['r', g], outputs: ['s'] },
          { op: 'Concat', inputs: ['s', 'l'], outputs: ['y'], attributes: { axis: 1 } },
        ],
        constants,
      });
    const branch = [dense('l', 'a', 'p'), bent('Tanh', 'p', 'q'), dense('q', 'b', 'g')];
    const { lower, upper } = await askedOf(coupling(branch, 'g'), 'all', norm);
    // In l2 from the norms of the layers; in the others no sum of a row or column is above 0.4 times their number.
    const most = norm === 'l2' ? ends(constants.a).most * ends(constants.b).most : 0.4 ** 2 * (norm === 'l1' ? 12 : 8);
    expect(lower.value).toBeGreaterThanOrEqual(
      norm === 'l2' ? 2 / (most + Math.hypot(most, 2)) - 1e-9 : 1 / (1 + most),
    );
    expect(lower.value).toBeLessThan(1);
    expect(upper!.value).toBeGreaterThanOrEqual(lower.value);
    // What is added sees what it is added to: nothing is known.
    const circular = [...branch, dense('r', 'c', 'u'), { op: 'Add', inputs: ['g', 'u'], outputs: ['v'] }];
    expect((await askedOf(coupling(circular, 'v'), 'all', norm)).lower.value).toBe(0);
  });

  it.each(['l1', 'linf'] as const)('is known in %s of layers in a row and of residual blocks', async (norm) => {
    const square = { shape: [2, 2], values: [2, 1, 1, 1] };
    const nodes = [
      dense('x', 'a', 'p'),
      bent('LeakyRelu', 'p', 'q', { alpha: { float: 0.5 } }),
      dense('q', 'small', 'r'),
      { op: 'Add', inputs: ['q', 'r'], outputs: ['y'] },
    ];
    const constants = { a: square, small: { shape: [2, 2], values: [0.25, 0, 0, 0.125] } };
    const { lower, upper } = await askedOf(networkOf({ input: [1, 2], nodes, constants }), 'all', norm);
    // 1/3 of the inverse of the matrix, 1/2 of the activation, and a branch that takes back a quarter at most; as one affine block it adds.
    expect(lower.value).toBeGreaterThan((1 / 3 / 2) * 0.75 * (1 - 1e-9));
    expect(lower.value).toBeLessThanOrEqual((1 / 3 / 2) * 1.25 * (1 + 1e-9));
    expect(upper!.value).toBeGreaterThanOrEqual(lower.value);
  });

  it('is at least 1 beside a copy of the input', async () => {
    const nodes = [
      dense('x', 'a', 'p'),
      bent('Tanh', 'p', 'q'),
      { op: 'Concat', inputs: ['q', 'x'], outputs: ['y'], attributes: { axis: 1 } },
    ];
    const { lower } = await askedOf(networkOf({ input: [1, 3], nodes, constants: { a: weights([2, 3], 6) } }));
    expect(lower.value).toBeGreaterThan(1 - 1e-12);
  });

  it('is 0 behind a ReLU, which is named, and with fewer outputs than inputs', async () => {
    const constants = { a: weights([3, 3], 7), c: weights([2, 3], 8) };
    const flat = await askedOf(
      networkOf({ input: [1, 3], nodes: [dense('x', 'a', 'p'), bent('Relu', 'p', 'y')], constants }),
    );
    expect(flat.lower).toMatchObject({ value: 0, lostAt: { op: 'Relu' } });
    expect(flat.upper!.value).toBeLessThan(1e-6);
    const narrow = await askedOf(networkOf({ input: [1, 3], nodes: [dense('x', 'c', 'y')], constants }));
    expect(narrow.upper).toMatchObject({ value: 0, method: 'dimensions' });
  });

  it('counts the slopes that a region allows', async () => {
    const network = networkOf({ input: [1, 2], nodes: [bent('Tanh', 'x', 'y')] });
    const { lower, upper } = await askedOf(network, 'box:-1,1');
    const slope = 1 - Math.tanh(1) ** 2;
    expect(lower.value).toBeLessThanOrEqual(slope);
    expect(lower.value).toBeGreaterThan(0.99 * slope);
    expect(upper!.value).toBeGreaterThanOrEqual(lower.value);
  });

  it('has its lower end below every pair of points of random networks', async () => {
    for (const kind of kinds.filter((one) => one !== 'maxmin'))
      for (const activation of ['LeakyRelu', 'Relu', 'Gelu'] as Activation[])
        for (let seed = 1; seed <= 2; seed++) {
          const { network } = slopeNetwork(kind, activation, 900 + seed, 0.4);
          const { lower, upper } = await askedOf(network, 'all', norms[(kinds.indexOf(kind) + seed) % 3]);
          expect(upper!.value, `${kind} ${activation} ${seed}`).toBeGreaterThanOrEqual(lower.value);
        }
  });
});

describe('all activation regions of a small network', () => {
  /** y = C op(A x + b), with the identity added where a share is given. */
  const twoLayers = (op: string, a: number[][], c: number[][], bias: readonly number[], shortcut = false): Network =>
    networkOf({
      input: [1, a[0]!.length],
      nodes: [
        { op: 'Gemm', inputs: ['x', 'a', 'b'], outputs: ['p'], attributes: { transB: 1 } },
        bent(op, 'p', 'q', op === 'LeakyRelu' ? { alpha: { float: 0.25 } } : {}),
        dense('q', 'c', shortcut ? 'r' : 'y'),
        ...(shortcut ? [{ op: 'Add', inputs: ['x', 'r'], outputs: ['y'] }] : []),
      ],
      constants: {
        a: { shape: [a.length, a[0]!.length], values: a.flat() },
        b: { shape: [a.length], values: bias },
        c: { shape: [c.length, a.length], values: c.flat() },
      },
    });
  const rowsOf = ({ shape: [rows, columns], values }: ConstantSketch): number[][] =>
    Array.from({ length: rows! }, (_, i) =>
      Array.from({ length: columns! }, (__, j) => Math.fround(Number(values[i * columns! + j]))),
    );

  it('give the answer itself where the network is one to one, closer than the rules do', async () => {
    const [a, c] = [
      rowsOf(weights([6, 2], 31)),
      rowsOf(weights([2, 6], 32)).map((row) => row.map((value) => Math.fround(0.2 * value))),
    ];
    const { lower, upper, regions } = await askedOf(twoLayers('Relu', a, c, [0.3, -0.2, 0.1, 0.4, -0.5, 0], true));
    expect(regions?.verdict).toBe('exactly');
    // Every pattern of slopes that fine grids near and far show.
    const bias = [0.3, -0.2, 0.1, 0.4, -0.5, 0];
    const patterns = new Map<string, readonly boolean[]>();
    for (const size of [3, 30, 300, 3000])
      for (let at = 0; at < 300 * 300; at++) {
        const [x, y] = [at % 300, Math.floor(at / 300)].map((step) => size * (step / 149.5 - 1)) as [number, number];
        const on = a.map((row, h) => row[0]! * x + row[1]! * y + bias[h]! > 0);
        patterns.set(on.join(), on);
      }
    const sampled = Math.min(
      ...[...patterns.values()].map((on) => {
        const entry = (i: number, j: number): number =>
          c[i]!.reduce((sum, own, h) => sum + (on[h]! ? own * a[h]![j]! : 0), +(i === j));
        return singularValues([0, 1].map((i) => [0, 1].map((j) => entry(i, j)))).at(-1)!;
      }),
    );
    expect(patterns.size).toBe(regions!.count);
    expect(regions!.value! / sampled).toBeCloseTo(1, 5);
    expect(lower).toMatchObject({ method: 'activation-regions', rigor: 'certified' });
    expect(lower.value / regions!.value!).toBeGreaterThan(1 - 1e-9);
    expect(lower.value).toBeLessThanOrEqual(sampled * (1 + 1e-12));
    expect(upper!.value / regions!.value!).toBeCloseTo(1, 5);
    expect(upper!.rigor).toBe('certified');
  });

  it('see that space is folded, covered twice or flattened, where m is 0 though every region stretches', async () => {
    const turned = twoLayers('Abs', [[1, 0.2], [0.1, 1]], [[1, 0], [0, 1]], [0, 0]); // prettier-ignore
    expect((await askedOf(turned)).regions).toMatchObject({ count: 4, verdict: 'folds', value: 0 });
    // The angle doubled: (|x| - |y|, (|x + y| - |x - y|) / 2) keeps the orientation everywhere, and takes x and -x to the same point.
    const doubled = twoLayers('Abs', [[1, 0], [0, 1], [1, 1], [1, -1]], [[1, -1, 0, 0], [0, 0, 0.5, -0.5]], [0, 0, 0, 0]); // prettier-ignore
    expect((await askedOf(doubled)).regions).toMatchObject({ count: 8, verdict: 'covers-twice', value: 0 });
    const flat = twoLayers('Relu', [[1, 0.2], [0.1, 1]], [[1, 0], [0, 1]], [0, 0]); // prettier-ignore
    expect((await askedOf(flat)).regions).toMatchObject({ verdict: 'collapses', value: 0 });
    const leaky = twoLayers('LeakyRelu', [[1, 0.2], [0.1, 1]], [[1, 0], [0, 1]], [0, 0]); // prettier-ignore
    const found = await askedOf(leaky);
    expect(found.regions).toMatchObject({ count: 4, verdict: 'exactly' });
    expect(found.lower.value / found.regions!.value!).toBeGreaterThan(1 - 1e-9);
  });

  it('prove no more than any pair of points shows, on random one-to-one networks', async () => {
    let proved = 0;
    for (let seed = 41; seed < 53; seed++) {
      const [a, c] = [rowsOf(weights([5, 3], seed)), rowsOf(weights([3, 5], seed + 100))];
      const scale = 0.15 + 0.05 * (seed % 4);
      const bias = rowsOf(weights([1, 5], seed + 200))[0]!;
      const small = c.map((row) => row.map((value) => scale * value));
      const { lower, upper, regions } = await askedOf(twoLayers(seed % 2 ? 'Relu' : 'LeakyRelu', a, small, bias, true));
      expect(upper!.value).toBeGreaterThanOrEqual(lower.value);
      if (lower.method !== 'activation-regions') continue;
      expect(regions!.verdict).toBe('exactly');
      expect(lower.value).toBeLessThanOrEqual(regions!.least * (1 + 1e-12));
      expect(lower.value).toBeGreaterThan(regions!.least * (1 - 1e-9));
      proved++;
    }
    expect(proved).toBeGreaterThan(5);
  });

  it('only bound it from above on a region, or with more outputs than inputs', async () => {
    const leaky = twoLayers('LeakyRelu', [[1, 0.2], [0.1, 1]], [[1, 0], [0, 1], [1, 1]], [0, 0]); // prettier-ignore
    const { regions, lower, upper } = await askedOf(leaky);
    expect(regions).toMatchObject({ verdict: 'locally', value: null });
    expect(lower.value).toBeLessThanOrEqual(upper!.value);
  });
});

it('has a schema that refuses what is no answer', async () => {
  const whole = await askedOf(networkOf({ input: [1, 2], nodes: [bent('Tanh', 'x', 'y')] }), 'box:-1,1');
  for (const change of [
    { format: 'other' },
    { lower: undefined },
    { upper: { value: -1, method: 'near-pairs', rigor: 'certified' } },
  ])
    expect(validate(JSON.parse(JSON.stringify({ ...whole, ...change })))).toBe(false);
});
