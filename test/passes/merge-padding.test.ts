import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Norm, NormInterval } from '../../core/bound.ts';
import { Pace } from '../../core/compute/linear-algebra/pace.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { largestOnTorus } from '../../core/estimators/norms/circular.ts';
import { operatorNorm } from '../../core/estimators/norms/operator-norm.ts';
import { affineRule, analyse, layerEntries } from '../../core/inspection/layers.ts';
import type { Shape } from '../../core/network/tensor.ts';
import type { LinearMap } from '../../core/operators/linear-map.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { materialise, singularValues, workOf } from '../estimators/norms/small-maps.ts';
import { checkAgainstRuntime } from '../operators/against-runtime.ts';
import { ints, networkOf, node, weights, type ConstantSketch, type NodeSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const constants: Readonly<Record<string, ConstantSketch>> = {
  w: weights([3, 2, 3, 3], 1),
  grouped: weights([4, 1, 3, 3], 3),
  b: weights([3], 4),
  'one around': ints([0, 0, 1, 1, 0, 0, 1, 1]),
  'two before': ints([0, 0, 2, 1, 0, 0, 0, 0]),
  'two around': ints([0, 0, 2, 2, 0, 0, 2, 2]),
  channels: ints([0, 1, 1, 1, 0, 1, 1, 1]),
  'three more channels': weights([3, 4, 3, 3], 5),
  'one channel': weights([2, 1, 3, 3], 6),
  sobel: { shape: [1, 1, 3, 3], values: [-1, 0, 1, -2, 0, 2, -1, 0, 1] },
  nearly: { shape: [1, 1, 3, 3], values: [1, 0, 2 ** -60, 0, 0, 0, -1, 0, 0] },
  zero: ints([0]),
  one: ints([1]),
  last: ints([-1]),
  end: ints([100]),
  rows: ints([2]),
  columns: ints([3]),
};
const wrap = (pads: string, from = 'x'): NodeSketch => node('Pad', `${from}, ${pads}`, 'p', { mode: 'wrap' });
/** One pixel on each side, as PyTorch's exporter writes it. */
const continued = (from: string, axis: string, to: string): NodeSketch[] => [
  node('Slice', `${from}, last, end, ${axis}`, `${to} before`),
  node('Slice', `${from}, zero, one, ${axis}`, `${to} behind`),
  node('Concat', `${to} before, ${from}, ${to} behind`, to, { axis: axis === 'rows' ? 2 : 3 }),
];

const sketch = (input: Shape, nodes: readonly NodeSketch[]) =>
  networkOf({ input, nodes, constants, opset: 19, output: 'y' });
async function rowsOf(input: Shape, nodes: readonly NodeSketch[]) {
  const ready = await prepare(sketch(input, nodes), { dims: {}, held: new Map() }, engine);
  return { ready, rows: layerEntries(ready, analyse(ready.analysed, undefined)) };
}

async function normOf(map: LinearMap, norm: Norm): Promise<NormInterval> {
  let last: NormInterval | undefined;
  for await (const interval of operatorNorm(map, norm, workOf())) last = interval;
  return last!;
}

describe('Padding written out before a convolution', () => {
  it.each<[string, Shape, readonly NodeSketch[], string]>([
    [
      'zeros',
      [1, 2, 4, 5],
      [node('Pad', 'x, one around', 'p'), node('Conv', 'p, w, b', 'y', { pads: [0, 1, 0, 0] })],
      'Conv',
    ],
    ['a wrapped pad', [1, 2, 4, 5], [wrap('one around'), node('Conv', 'p, w, b', 'y')], 'CircularConv'],
    ['two pixels before', [2, 2, 4, 5], [wrap('two before'), node('Conv', 'p, w', 'y')], 'CircularConv'],
    [
      'slices and concatenations',
      [1, 2, 4, 5],
      [...continued('x', 'columns', 'c'), ...continued('c', 'rows', 'p'), node('Conv', 'p, w, b', 'y')],
      'CircularConv',
    ],
    [
      'a convolution that says by auto_pad that it does not pad',
      [1, 2, 4, 5],
      [wrap('one around'), node('Conv', 'p, w', 'y', { auto_pad: 'VALID' })],
      'CircularConv',
    ],
    [
      'zeros, and a convolution that says that it does not pad',
      [1, 2, 4, 5],
      [node('Pad', 'x, one around', 'p'), node('Conv', 'p, w', 'y', { auto_pad: 'VALID' })],
      'Conv',
    ],
    [
      'slices and concatenations around a torus that the stride does not divide',
      [1, 2, 5, 5],
      [
        ...[...continued('x', 'columns', 'c'), ...continued('c', 'rows', 'p')],
        node('Conv', 'p, w, b', 'y', { strides: [2, 2] }),
      ],
      'PaddedConv',
    ],
    ['a stride', [1, 2, 4, 6], [wrap('one around'), node('Conv', 'p, w', 'y', { strides: [2, 2] })], 'CircularConv'],
    [
      'a dilation and groups',
      [1, 2, 6, 5],
      [wrap('two around'), node('Conv', 'p, grouped', 'y', { dilations: [2, 2], group: 2 })],
      'CircularConv',
    ],
  ])('%s: one row, with the norm of the whole', async (_, input, nodes, op) => {
    const { ready, rows } = await rowsOf(input, nodes);
    expect(rows.map((row) => row.op)).toEqual([op]);
    expect(rows[0]!.folded?.length).toBeGreaterThan(0);
    await checkAgainstRuntime(sketch(input, nodes), engine, { points: 4 });
    const { map } = affineRule(
      ready.analysed,
      ready.analysed.nodes.find((own) => own.op === op)!,
    )!;
    const { structure } = map;
    if (structure.kind !== 'opaque' || structure.circular === undefined) return;
    const exact = singularValues(materialise(map))[0]!;
    const found = await largestOnTorus(structure.circular, new Pace(workOf()));
    expect(found).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
    // Fewer outputs than positions only take away.
    if (structure.circular.convolution.outputSize.join() === structure.circular.torus.join())
      expect(found).toBeLessThan(exact * 1.002);
  });

  it.each<[string, Shape, NodeSketch['attributes'], string, NodeSketch['attributes']]>([
    ['mirrored borders', [1, 2, 4, 5], { mode: 'reflect' }, 'p, w, b', {}],
    ['repeated borders', [2, 2, 4, 5], { mode: 'edge' }, 'p, w', {}],
    ['borders wider than the kernel', [1, 2, 3, 4], { mode: 'reflect' }, 'p, w', { dilations: [2, 2] }],
    ['groups and a stride', [1, 2, 5, 5], { mode: 'edge' }, 'p, grouped', { group: 2, strides: [2, 1] }],
    ['taps that cancel', [1, 1, 4, 5], { mode: 'reflect' }, 'p, sobel', {}],
    ['a stride that does not divide the torus', [1, 2, 5, 5], { mode: 'wrap' }, 'p, w', { strides: [2, 2] }],
    ['outputs that are there twice', [1, 2, 4, 5], { mode: 'wrap' }, 'p, w', {}],
  ])('%s: one row, whose norms are those of the matrix', async (_, input, mode, from, convolution) => {
    const nodes = [node('Pad', 'x, two around', 'p', mode), node('Conv', from, 'y', convolution)];
    const { ready, rows } = await rowsOf(input, nodes);
    expect(rows.map((row) => row.op)).toEqual(['PaddedConv']);
    expect(rows[0]!.folded?.length).toBe(1);
    await checkAgainstRuntime(sketch(input, nodes), engine, { points: 4 });
    const { map } = affineRule(ready.analysed, ready.analysed.nodes[0]!)!;
    const matrix = materialise(map);

    const listed = matrix.map((row) => row.map(() => 0));
    if (map.structure.kind === 'opaque') map.structure.product!.each((i, j, entry) => (listed[i]![j]! += entry));
    expect(listed).toEqual(matrix);
    const sums = (one: readonly (readonly number[])[]): number =>
      Math.max(...one.map((row) => row.reduce((sum, entry) => sum + Math.abs(entry), 0)));
    const columns = matrix[0]!.map((_column, j) => matrix.map((row) => row[j]!));
    for (const [norm, exact] of [
      ['linf', sums(matrix)],
      ['l1', sums(columns)],
      ['l2', singularValues(matrix)[0]!],
    ] as const) {
      const { lower, upper } = await normOf(map, norm);
      expect(lower).toBeLessThanOrEqual(exact * (1 + 1e-12));
      expect(upper).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
      expect(upper - lower).toBeLessThan(1e-6 * exact);
    }
  });

  it.each<[string, Shape, number]>([
    ['a Gram matrix', [1, 1, 27, 27], 1 + 1e-6],
    ['the product of both', [1, 1, 70, 70], 2.01],
  ])('large ones by %s', async (_, input, within) => {
    const nodes = [node('Pad', 'x, one around', 'p', { mode: 'reflect' }), node('Conv', 'p, one channel', 'y')];
    const { ready } = await rowsOf(input, nodes);
    const { map } = affineRule(ready.analysed, ready.analysed.nodes[0]!)!;
    const found = await normOf(map, 'l2');
    expect(found.lower).toBeGreaterThan(0);
    expect(found.upper).toBeGreaterThanOrEqual(found.lower);
    expect(found.upper).toBeLessThan(found.lower * within);
  });

  it('is left alone where the sums of taps are only rounding', async () => {
    const nodes = [node('Pad', 'x, one around', 'p', { mode: 'reflect' }), node('Conv', 'p, nearly', 'y')];
    expect((await rowsOf([1, 1, 4, 5], nodes)).rows.map((row) => row.op)).toEqual(['Pad', 'Conv']);
  });

  it('of channels is left alone', async () => {
    const nodes = [node('Pad', 'x, channels', 'p'), node('Conv', 'p, three more channels', 'y')];
    expect((await rowsOf([1, 2, 4, 5], nodes)).rows.map((row) => row.op)).toEqual(['Pad', 'Conv']);
  });
});
