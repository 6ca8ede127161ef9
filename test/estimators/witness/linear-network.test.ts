import { describe, expect, it } from 'vitest';
import { norms, type Norm } from '../../../core/bound.ts';
import { certifiedQuotient } from '../../../core/estimators/witness/certify.ts';
import { linearNetwork } from '../../../core/estimators/witness/linear-network.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import type { Network } from '../../../core/network/network.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { isWithin, type Region } from '../../../core/region.ts';
import { networkOf, weights, type ConstantSketch, type NodeSketch } from '../../operators/small-networks.ts';
import { lazyEngine, singularValues, workOf } from '../norms/small-maps.ts';

type Matrix = number[][];
const matrixOf = ({ shape: [rows, columns], values }: ConstantSketch): Matrix =>
  Array.from({ length: rows! }, (_, i) =>
    Array.from({ length: columns! }, (__, j) => Math.fround(values[i * columns! + j]!)),
  );
const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));

const kernel = weights([3, 2, 3, 3], 1);
const [a, b, c] = [weights([6, 4], 3), weights([4, 6], 4), weights([4, 4], 5)];
const tiny: ConstantSketch = { shape: [4, 4], values: Array.from({ length: 16 }, (_, k) => ((k * 7) % 5) * 1e-20) };
const constants = {
  kernel,
  a,
  b,
  c,
  tiny,
  bias: weights([3], 2),
  large: { shape: [4], values: [1e12, -1e12, 3e11, 0] },
};
const gemm = (from: string, matrix: string, to: string, ...bias: string[]): NodeSketch => ({
  op: 'Gemm',
  inputs: [from, matrix, ...bias],
  outputs: [to],
  attributes: { transB: 1 },
});

/** Two rows of zeros above, two columns behind, every second row: written down tap by tap. */
function convolved(): Matrix {
  const matrix: Matrix = [];
  for (let o = 0; o < 3; o++)
    for (const top of [-2, 0, 2])
      for (let left = 0; left < 5; left++) {
        const row = new Array<number>(40).fill(0);
        for (let channel = 0; channel < 2; channel++)
          for (let tap = 0; tap < 9; tap++) {
            const [y, x] = [top + Math.floor(tap / 3), left + (tap % 3)];
            if (y >= 0 && y < 4 && x < 5)
              row[channel * 20 + y * 5 + x] = Math.fround(kernel.values[(o * 2 + channel) * 9 + tap]!);
          }
        matrix.push(row);
      }
  return matrix;
}

const flat = (nodes: readonly NodeSketch[]): Network => networkOf({ input: [1, 4], constants, nodes });
const cases: Readonly<Record<string, readonly [Network, Matrix]>> = {
  'a convolution with a bias': [
    networkOf({
      input: [1, 2, 4, 5],
      constants,
      nodes: [{ op: 'Conv', inputs: ['x', 'kernel', 'bias'], attributes: { strides: [2, 1], pads: [2, 0, 1, 2] } }],
    }),
    convolved(),
  ],
  'two layers': [flat([gemm('x', 'a', 'h'), gemm('h', 'b', 'y')]), times(matrixOf(b), matrixOf(a))],
  'branches that meet': [
    flat([
      ...[gemm('x', 'a', 'h'), gemm('h', 'b', 's'), gemm('x', 'c', 't')],
      { op: 'Sub', inputs: ['s', 't'], outputs: ['u'] },
      { op: 'Concat', inputs: ['u', 'x'], outputs: ['y'], attributes: { axis: 1 } },
    ]),
    [
      ...times(matrixOf(b), matrixOf(a)).map((row, i) => row.map((value, j) => value - matrixOf(c)[i]![j]!)),
      ...[0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => +(i === j))),
    ],
  ],
  'weights that are nothing beside the bias': [flat([gemm('x', 'tiny', 'y', 'large')]), matrixOf(tiny)],
};

const largest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0);
const absolute = (row: readonly number[]): number => row.reduce((sum, value) => sum + Math.abs(value), 0);
const exact: Readonly<Record<Norm, (matrix: Matrix) => number>> = {
  l1: (matrix) => largest(matrix[0]!.map((_, j) => absolute(matrix.map((row) => row[j]!)))),
  l2: (matrix) => singularValues(matrix)[0]!,
  linf: (matrix) => largest(matrix.map(absolute)),
};

async function witnessOf(network: Network, norm: Norm, region: Region = { kind: 'all' }) {
  const { runnable, analysed, input, output } = await prepare(network, { dims: {}, held: new Map() }, lazyEngine);
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  const question = { runnable, analysed, input, output, norm, region, rules, constantOf: () => Infinity };
  let best: { value: number; x: readonly number[]; y: readonly number[] } | undefined;
  if (linearNetwork.applies(question))
    for await (const bound of linearNetwork.run(question, workOf())) {
      if (bound.side !== 'lower' || bound.rigor !== 'certified') throw new Error('Certified lower ends are expected.');
      expect(await certifiedQuotient(runnable, output, bound.witness, norm, workOf())).toBe(bound.value);
      best = { value: bound.value, ...bound.witness };
    }
  return best;
}

describe('the witness of a linear network', () => {
  it.each(Object.keys(cases))('of %s attains the norm of the matrix', async (name) => {
    const [network, matrix] = cases[name]!;
    for (const norm of norms) {
      const truth = exact[norm](matrix);
      const { value } = (await witnessOf(network, norm))!;
      expect(value / truth).toBeLessThanOrEqual(1 + 1e-12);
      expect(value / truth).toBeGreaterThan(1 - 1e-8);
    }
  });

  it('lies in the region, and moves only what the region lets move', async () => {
    const [network, matrix] = cases['branches that meet']!;
    const box: Region = { kind: 'box', lower: Float64Array.of(-1, 2, 0, 5), upper: Float64Array.of(1, 2, 1e-3, 9) };
    const free = matrix.map((row) => row.filter((_, j) => j !== 1));
    const ball: Region = { kind: 'ball', norm: 'l2', center: Float64Array.of(1, -2, 3, 100), radius: 0.25 };
    for (const norm of norms)
      for (const [region, truth] of [
        [box, exact[norm](free)],
        [ball, exact[norm](matrix)],
      ] as const) {
        const { value, x, y } = (await witnessOf(network, norm, region))!;
        for (const point of [x, y]) expect(isWithin(region, Float64Array.from(point))).toBe(true);
        expect(value / truth).toBeLessThanOrEqual(1 + 1e-12);
        expect(value / truth).toBeGreaterThan(1 - 1e-8);
      }
  });

  it('is not looked for where anything bends, nor where nothing can move', async () => {
    const bent = flat([gemm('x', 'a', 'h'), { op: 'Relu', inputs: ['h'], outputs: ['y'] }]);
    expect(await witnessOf(bent, 'l2')).toBeUndefined();
    const larger = flat([gemm('x', 'a', 'h'), gemm('x', 'a', 'k'), { op: 'Max', inputs: ['h', 'k'], outputs: ['y'] }]);
    expect(await witnessOf(larger, 'l2')).toBeUndefined();
    const point: Region = { kind: 'box', lower: Float64Array.of(1, 1, 1, 1), upper: Float64Array.of(1, 1, 1, 1) };
    expect(await witnessOf(cases['two layers']![0], 'l2', point)).toBeUndefined();
  });
});
