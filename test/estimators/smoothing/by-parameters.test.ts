import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { smoothingAnswer } from '../../../core/estimators/smoothing/answer.ts';
import { algorithm1, byParameters, type ParameterStep } from '../../../core/estimators/smoothing/by-parameters.ts';
import { seeded } from '../../../core/estimators/witness/random.ts';
import { readRegion } from '../../../core/inspection/region-syntax.ts';
import { SmoothingSettings } from '../../../core/inspection/smoothing-problem.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';
import { singularValues, workOf } from '../norms/small-maps.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

interface PrintedLayer {
  readonly radius: number;
  readonly bilinear: number;
  readonly linear: number;
  readonly activations: readonly { readonly lipschitz: number; readonly bend: number; readonly atZero: number }[];
}

/** Algorithm 1 as it is printed, layer by layer, with the size of Proposition 7's proof. */
function printed(layers: readonly PrintedLayer[], largestInput: number): readonly [number, number, number] {
  let [m, l, smoothness] = [largestInput, 0, 0];
  for (const { radius, bilinear, linear, activations } of layers) {
    const [lx, lu] = [bilinear * radius, bilinear * m + linear];
    let [size, slope, bend] = [bilinear * radius * m + linear * radius, 1, 0];
    for (const { lipschitz, bend: own, atZero } of activations) {
      bend = bend * lipschitz + own * slope ** 2;
      slope *= lipschitz;
      size = atZero + lipschitz * size;
    }
    smoothness = smoothness * lx * slope + lx ** 2 * bend * l ** 2 + 2 * (lu * lx * bend + bilinear * slope) * l + lu ** 2 * bend; // prettier-ignore
    l = slope * (lx * l + lu);
    m = size;
  }
  return [m, l, smoothness];
}

test('on a chain it is what the paper prints', () => {
  const random = seeded(5);
  const layers = Array.from({ length: 4 }, (_, t): PrintedLayer => ({
    ...{ radius: 3 * random.uniform(), bilinear: 1 + random.uniform(), linear: 2 * random.uniform() },
    activations: Array.from({ length: t % 3 }, () => ({
      ...{ lipschitz: 2 * random.uniform(), bend: 3 * random.uniform(), atZero: random.uniform() },
    })),
  }));
  const steps: ParameterStep[] = [{ kind: 'input' }];
  for (const { activations, ...parameters } of layers) {
    steps.push({ kind: 'parameters', id: `layer ${steps.length}`, from: steps.length - 1, ...parameters });
    for (const { lipschitz, bend, atZero } of activations)
      steps.push({
        ...{ kind: 'fixed', id: `activation ${steps.length}`, from: [steps.length - 1], factors: [1], joined: 'sum' },
        ...{ lipschitz, atZero, most: null, slopeAtZero: null, bend: { kind: 'smooth', constant: bend } },
      });
  }
  const found = algorithm1(steps, 1.7, new Map()).at(-1)!;
  if (typeof found === 'string') throw new Error(found);
  const [bound, lipschitz, smoothness] = printed(layers, 1.7);
  for (const [own, asPrinted] of [
    [found.bound, bound],
    [found.lipschitz, lipschitz],
    [found.smoothness, smoothness],
  ] as const)
    // prettier-ignore
    expect(own / asPrinted).toBeCloseTo(1, 9);
});

/** W2 SmoothReLU(W1 x + b1) with its Jacobian by (W1, b1, W2), and how far both lie from what they would be. */
const [inputs, hidden, outputs] = [3, 4, 2];
const smoothRelu = (x: number, width: number): readonly [value: number, slope: number] =>
  x <= 0 ? [0, 0] : x >= 2 * width ? [x - width, 1] : [(x * x) / (4 * width), x / (2 * width)];

function derived(u: Float64Array, x: readonly number[], width: number): { value: number[]; jacobian: number[][] } {
  const [first, biases, second] = [u.subarray(0, hidden * inputs), u.subarray(hidden * inputs, hidden * (inputs + 1)), u.subarray(hidden * (inputs + 1))]; // prettier-ignore
  const units = Array.from(biases, (bias, i) =>
    smoothRelu(
      x.reduce((sum, value, j) => sum + first[i * inputs + j]! * value, bias),
      width,
    ),
  );
  const value = Array.from({ length: outputs }, (_, o) => units.reduce((sum, [h], i) => sum + second[o * hidden + i]! * h, 0)); // prettier-ignore
  const jacobian = value.map((_, o) => [
    ...units.flatMap(([, slope], i) => x.map((entry) => second[o * hidden + i]! * slope * entry)),
    ...units.map(([, slope], i) => second[o * hidden + i]! * slope),
    ...value.flatMap((__, row) => units.map(([h]) => (row === o ? h : 0))),
  ]);
  return { value, jacobian };
}

test('no weights within the radii are larger, steeper or bend faster', async () => {
  const network = networkOf({
    opset: 21,
    input: [1, inputs],
    constants: { a: weights([hidden, inputs], 1), b: weights([hidden], 2), c: weights([outputs, hidden], 3) },
    nodes: [
      { op: 'Gemm', inputs: ['x', 'a', 'b'], attributes: { transB: 1 } },
      { op: 'Relu', inputs: ['t0'] },
      { op: 'Gemm', inputs: ['t1', 'c'], attributes: { transB: 1 } },
    ].map((node, k, all) => ({ ...node, outputs: [k === all.length - 1 ? 'y' : `t${k}`] })),
  });
  const work = { ...workOf(1e6), engine };
  const prepared = await prepare(network, { dims: {}, held: new Map() }, engine);
  const radii = [1.5, 2];
  const settings = await SmoothingSettings.open(prepared, 'one-sided', readRegion('ball:l2:0:1', inputs), radii, work);
  const question = { epsilon: 0.2, rule: 'paper-algorithm2' } as const;
  const { problem } = await settings.problemFor(question, work);
  const { layers } = smoothingAnswer(problem, question);
  const found = byParameters(problem, layers)!.output;
  if (typeof found === 'string') throw new Error(found);
  const { width } = layers[0]!;
  const random = seeded(9);
  /** A point of the product of both balls, often on its boundary. */
  const drawn = (): Float64Array => {
    const u = Float64Array.from({ length: hidden * (inputs + 1) + outputs * hidden }, () => random.normal());
    for (const [part, radius] of [
      [u.subarray(0, hidden * (inputs + 1)), radii[0]!],
      [u.subarray(hidden * (inputs + 1)), radii[1]!],
    ] as const) {
      // prettier-ignore
      const scale = (radius * Math.min(1, 2 * random.uniform())) / Math.hypot(...part);
      part.forEach((value, i) => (part[i] = scale * value));
    }
    return u;
  };
  let [size, steepest, fastest] = [0, 0, 0];
  for (let k = 0; k < 2000; k++) {
    const direction = Array.from({ length: inputs }, () => random.normal());
    const x = direction.map((value) => value / Math.hypot(...direction));
    const [u, away] = [drawn(), drawn()];
    const near = u.map((value, i) => value + 0.05 * (away[i]! - value));
    const [a, b] = [derived(u, x, width), derived(near, x, width)];
    size = Math.max(size, Math.hypot(...a.value));
    steepest = Math.max(steepest, singularValues(a.jacobian)[0]!);
    const change = a.jacobian.map((row, i) => row.map((value, j) => value - b.jacobian[i]![j]!));
    fastest = Math.max(fastest, singularValues(change)[0]! / Math.hypot(...u.map((value, i) => value - near[i]!)));
  }
  expect(size).toBeLessThanOrEqual(found.bound);
  expect(steepest).toBeLessThanOrEqual(found.lipschitz);
  expect(fastest).toBeLessThanOrEqual(found.smoothness);
  // Not by chance: the bounds are of the size of what is found.
  expect(size).toBeGreaterThan(0.2 * found.bound);
  expect(steepest).toBeGreaterThan(0.2 * found.lipschitz);
  expect(fastest).toBeGreaterThan(0.02 * found.smoothness);
});
