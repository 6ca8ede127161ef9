import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { denseJacobian } from '../../core/estimators/jacobian/at-a-point.ts';
import { openJacobian } from '../../core/estimators/jacobian/jacobian.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import type { Network } from '../../core/network/network.ts';
import { factsOf } from '../../core/operators/facts.ts';
import { smoothingOf } from '../../core/operators/smoothings/index.ts';
import { smoothingVariants, type SmoothingVariant } from '../../core/operators/smoothings/smoothing.ts';
import { inferTypes } from '../../core/passes/infer-types.ts';
import { inOnePrecision } from '../../core/passes/one-precision.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { smoothKinks } from '../../core/passes/smooth-kinks.ts';
import { runnableInDoubles } from '../../core/passes/without-double-kernels.ts';
import { lengthOf } from '../../core/region.ts';
import { singularValues, workOf } from '../estimators/norms/small-maps.ts';
import { ints, networkOf, numbers, pairOf, type NetworkSketch } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const one = (op: string, attributes = {}): NetworkSketch => ({
  input: [1, 6],
  nodes: [{ op, inputs: ['x'], attributes }],
});
const pair = pairOf([1, 3], [1, 3]);
const ofPair = (op: string): NetworkSketch => ({ ...pair, nodes: [...pair.nodes, { op, inputs: ['a', 'b'] }] });
const withConstant = (op: string, name: string, shape: number[], values: number[]): NetworkSketch => ({
  input: [1, 6],
  nodes: [{ op, inputs: ['x', name] }],
  constants: { [name]: { shape, values } },
});
const image = (op: string, attributes: Record<string, number | number[]>): NetworkSketch => ({
  input: [1, 2, 4, 4],
  nodes: [{ op, inputs: ['x'], attributes }],
});
const sorted = (k: number, attributes = {}, input = [2, 5]): NetworkSketch => ({
  input,
  nodes: [{ op: 'TopK', inputs: ['x', 'k'], outputs: ['y', 'places'], attributes }],
  constants: { k: ints([k]) },
});

/** x / max(|x|, 1/2) along the last axis, as PyTorch writes it out. */
const normalised = (op: 'ReduceL1' | 'ReduceL2'): NetworkSketch => ({
  input: [2, 3],
  nodes: [
    { op, inputs: ['x', 'axes'], outputs: ['length'] },
    { op: 'Clip', inputs: ['length', 'floor'], outputs: ['divisor'] },
    { op: 'Div', inputs: ['x', 'divisor'] },
  ],
  constants: { axes: ints([1]), floor: { shape: [], values: [0.5] } },
});

const specimens: Readonly<Record<string, NetworkSketch>> = {
  Relu: one('Relu'),
  LeakyRelu: one('LeakyRelu', { alpha: { float: 0.1 } }),
  'LeakyRelu, steeper on the left': one('LeakyRelu', { alpha: { float: 1.5 } }),
  PRelu: withConstant('PRelu', 'slope', [6], [0.25, -0.5, 0, 0.9, 1, 0.1]),
  'PRelu, steeper on the left': withConstant('PRelu', 'slope', [6], [0.25, 2, 0, 1.9, 1, 0.1]),
  Abs: one('Abs'),
  Clip: {
    input: [1, 6],
    nodes: [{ op: 'Clip', inputs: ['x', 'low', 'high'] }],
    constants: { low: { shape: [], values: [-0.3] }, high: { shape: [], values: [0.4] } },
  },
  HardSigmoid: one('HardSigmoid', { alpha: { float: 0.3 } }),
  HardSwish: one('HardSwish'),
  ThresholdedRelu: one('ThresholdedRelu', { alpha: { float: 0 } }),
  Shrink: one('Shrink', { lambd: { float: 0.3 }, bias: { float: 0.3 } }),
  Elu: one('Elu', { alpha: { float: 0.5 } }),
  Celu: one('Celu', { alpha: { float: 0.5 } }),
  Selu: one('Selu'),
  'Max of two': ofPair('Max'),
  'Min of two': ofPair('Min'),
  'Max with a constant': withConstant('Max', 'floor', [6], [0, 0.1, -0.2, 0.3, 0, 0]),
  'Min with a constant': withConstant('Min', 'ceiling', [6], [0, 0.1, -0.2, 0.3, 0, 0]),
  ReduceMax: { input: [2, 3], nodes: [{ op: 'ReduceMax', inputs: ['x', 'axes'], attributes: { keepdims: 0 } }], constants: { axes: ints([1]) } }, // prettier-ignore
  ReduceMin: { input: [2, 3], nodes: [{ op: 'ReduceMin', inputs: ['x', 'axes'] }], constants: { axes: ints([1]) } },
  MaxPool: image('MaxPool', { kernel_shape: [2, 2], strides: [2, 2] }),
  'MaxPool with overlap and padding': image('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  'MaxPool, dilated': image('MaxPool', { kernel_shape: [2, 2], dilations: [2, 2] }),
  'MaxPool, rounded up': image('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
  GlobalMaxPool: image('GlobalMaxPool', {}),
  'TopK of one': sorted(1),
  'TopK, falling': sorted(3),
  'sorting, rising': sorted(5, { largest: 0 }),
  'sorting, not the last axis': sorted(3, { axis: 1 }, [1, 3, 2]),
  'TopK, of many': sorted(2, {}, [1, 70]),
  ReduceL1: { input: [2, 3], nodes: [{ op: 'ReduceL1', inputs: ['x', 'axes'] }], constants: { axes: ints([1]) } },
  ReduceL2: { input: [2, 3], nodes: [{ op: 'ReduceL2', inputs: ['x', 'axes'] }], constants: { axes: ints([1]) } },
  'LpPool, lengths': image('LpPool', { kernel_shape: [2, 2], strides: [1, 1], pads: [1, 0, 0, 0] }),
  'LpPool, sums of sizes': image('LpPool', { kernel_shape: [2, 2], strides: [2, 2], p: 1 }),
  'LpPool, cubes': image('LpPool', { kernel_shape: [2, 2], strides: [2, 1], p: 3 }),
  GlobalLpPool: image('GlobalLpPool', {}),
  'GlobalLpPool, sums of sizes': image('GlobalLpPool', { p: 1 }),
  'normalisation with a floor': normalised('ReduceL2'),
  'normalisation in l1 with a floor': normalised('ReduceL1'),
};

/** In doubles, so that what is seen is no rounding. */
async function inDoubles(network: Network): Promise<(point: Float64Array) => Promise<Float64Array>> {
  const { network: own } = runnableInDoubles(inOnePrecision(network, 'float64'));
  const session = await engine.open(writeOnnx(own), 'cpu');
  const { name } = network.inputs[0]!;
  const { shape } = network.types.get(name)!;
  const output = network.outputs[0]!.name;
  return async (data) => Float64Array.from((await session.run({ [name]: { type: 'float64', shape, data } }))[output]!.data as Float64Array); // prettier-ignore
}

/** Networks that consist of one layer with kinks, as they are and smoothed. */
async function smoothed(sketch: NetworkSketch, variant: SmoothingVariant, width: number) {
  const { runnable, analysed } = await prepare(networkOf(sketch), { dims: {}, held: new Map() }, engine);
  // Behind what sorts, a node says so.
  const node = analysed.nodes.findLast((one) => smoothingOf(one) !== undefined)!;
  const smoothing = smoothingOf(node)!(factsOf(analysed, node), variant, undefined);
  if (smoothing === undefined || typeof smoothing === 'string') throw new Error(String(smoothing));
  const network = inferTypes(smoothKinks(runnable, [{ facts: factsOf(analysed, node), smoothing, width }]));
  return { runnable, smoothing, network, width };
}

const distance = (a: Float64Array, b: Float64Array): number => lengthOf(a.map((value, i) => value - b[i]!), 'l2'); // prettier-ignore
/** Computed in float32 whatever the type. */
const single = [
  'Elu',
  'Celu',
  'Selu',
  'HardSwish',
  'HardSigmoid',
  'LeakyRelu',
  'PRelu',
  'TopK',
  'sorting',
  'LpPool',
  'GlobalLpPool',
];

describe.each(Object.entries(specimens))('%s', (name, sketch) => {
  test.each(smoothingVariants)('stays as close as it says, and bends no faster (%s)', async (variant) => {
    if (name === 'Celu') return; // its slopes meet: nothing to smooth
    const { runnable, smoothing, network, width } = await smoothed(sketch, variant, 2 ** -4);
    const [original, smooth] = [await inDoubles(runnable), await inDoubles(network)];
    await using opened = await openJacobian(
      { network, output: network.outputs[0]!.name, precision: 'float64' },
      engine,
    ).then((found) => {
      // prettier-ignore
      if ('missing' in found) throw new Error(found.missing.reason);
      return found;
    });
    const size = opened.columns;
    const jacobianAt = async (point: Float64Array) => {
      const { rows, columns, entries } = await denseJacobian(opened, point, workOf());
      return Array.from({ length: rows }, (_, i) => Array.from(entries.subarray(i * columns, (i + 1) * columns)));
    };
    let [moved, bent] = [0, 0];
    for (let k = 0; k < 12; k++) {
      // Next to the kinks, where it matters, and far from them.
      const scale = [0.1, 0.5, 3][k % 3]!;
      const x = Float64Array.from(numbers(size, k + 1), (value) => (name === 'HardSwish' ? 3 : 0) + scale * value);
      moved = Math.max(moved, distance(await original(x), await smooth(x)));
      const y = x.map((value, i) => value + 0.2 * width * numbers(size, 100 + k)[i]!);
      const [a, b] = [await jacobianAt(x), await jacobianAt(y)];
      const change = singularValues(a.map((row, i) => row.map((value, j) => value - b[i]![j]!)))[0]!;
      bent = Math.max(bent, change / distance(x, y));
    }
    const slack = single.some((op) => name.startsWith(op)) ? 1e-6 : 1e-9;
    expect(moved).toBeLessThanOrEqual(smoothing.accuracy * width * (1 + slack) + slack);
    expect(bent).toBeLessThanOrEqual((smoothing.curvature / width + smoothing.smooth) * (1 + 1e-6));
    // Of many rounds or ramps at once a few points see little.
    const seldom = ['TopK,', 'sorting', 'normalisation in l1'].some((start) => name.startsWith(start));
    expect(moved).toBeGreaterThan((0.2 * smoothing.accuracy * width) / (seldom ? 50 : 1));
    expect(bent).toBeGreaterThan(0.05 * smoothing.curvature / width / (name.includes('TopK,') || name.startsWith('sorting') ? 20 : 1)); // prettier-ignore
  });
});

test('SmoothReLU is the published function', async () => {
  const { network } = await smoothed({ input: [1, 3], nodes: [{ op: 'Relu', inputs: ['x'] }] }, 'one-sided', Math.fround(0.1)); // prettier-ignore
  const smooth = await inDoubles(network);
  const [a, b, c] = await smooth(Float64Array.of(0.1, 0.2, 1));
  expect(a).toBeCloseTo(0.025, 8);
  expect(b).toBeCloseTo(0.1, 8);
  expect(c).toBeCloseTo(0.9, 8);
});

test('balanced ramps bend an eighth of what published ones do, at the same accuracy', async () => {
  const at = async (variant: SmoothingVariant): Promise<number> => {
    const { smoothing } = await smoothed(specimens['Relu']!, variant, 0.25);
    return smoothing.accuracy * smoothing.curvature;
  };
  expect((await at('balanced')) / (await at('one-sided'))).toBeCloseTo(1 / 8, 6);
  expect((await at('centred')) / (await at('one-sided'))).toBeCloseTo(1 / 2, 6);
});
