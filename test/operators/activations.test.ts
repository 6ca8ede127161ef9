import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime } from './against-runtime.ts';
import { networkOf, weights, type AttributeValue } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const float = (value: number): AttributeValue => ({ float: value });

describe('Activations, as ONNX Runtime computes them', () => {
  const cases: {
    op: string;
    attributes?: Record<string, AttributeValue>;
    interval?: [number, number];
    opset?: number;
    unboundedEverywhere?: boolean;
    name?: string;
  }[] = [
    { op: 'Relu' },
    { op: 'LeakyRelu' },
    { op: 'LeakyRelu', attributes: { alpha: float(-1.5) } },
    { op: 'ThresholdedRelu', attributes: { alpha: float(0) } },
    { op: 'Abs' },
    { op: 'HardSigmoid' },
    { op: 'HardSigmoid', attributes: { alpha: float(0.7), beta: float(0.1) } },
    { op: 'HardSwish', interval: [-5, 5] },
    { op: 'Sigmoid', interval: [-9, 9] },
    { op: 'Tanh', interval: [-5, 5] },
    { op: 'Softplus', interval: [-9, 9] },
    { op: 'Softsign' },
    { op: 'Erf', interval: [-4, 4] },
    { op: 'Elu' },
    { op: 'Elu', attributes: { alpha: float(2.5) } },
    { op: 'Elu', attributes: { alpha: float(-0.5) } },
    { op: 'Celu', attributes: { alpha: float(0.4) } },
    { op: 'Selu' },
    { op: 'Selu', attributes: { alpha: float(0.5), gamma: float(3) } },
    { op: 'Gelu', interval: [-6, 6] },
    { op: 'Gelu', attributes: { approximate: 'tanh' }, interval: [-6, 6] },
    { op: 'Mish', interval: [-8, 8] },
    { op: 'Sin', interval: [-7, 7] },
    { op: 'Cos', interval: [-7, 7] },
    { op: 'Exp', unboundedEverywhere: true },
    { op: 'Log', interval: [0.1, 3], unboundedEverywhere: true },
    { op: 'Sqrt', interval: [0.1, 3], unboundedEverywhere: true },
    { op: 'Reciprocal', interval: [0.2, 3], unboundedEverywhere: true },
  ];
  it.each(cases)('$op $attributes', async ({ op, attributes, interval, unboundedEverywhere }) => {
    await checkAgainstRuntime(
      networkOf({
        opset: 22,
        input: [2, 7],
        nodes: [{ op, inputs: ['x'], ...(attributes === undefined ? {} : { attributes }) }],
      }),
      engine,
      {
        ...(interval === undefined ? {} : { interval }),
        ...(unboundedEverywhere === undefined ? {} : { unboundedEverywhere }),
        tolerance: 2e-6,
      },
    );
  });

  it.each([
    ['both limits', ['low', 'high']],
    ['the upper limit only', ['', 'high']],
    ['the lower limit only', ['low']],
    ['no limit', []],
    ['limits that cross', ['high', 'low']],
  ])('Clip with %s', async (_, limits) => {
    await checkAgainstRuntime(
      networkOf({
        input: [3, 3],
        constants: { low: { shape: [], values: [-0.5] }, high: { shape: [], values: [0.8] } },
        nodes: [{ op: 'Clip', inputs: ['x', ...limits] }],
      }),
      engine,
    );
  });

  it('Clip by attributes', async () => {
    await checkAgainstRuntime(
      networkOf({
        opset: 10,
        input: [3, 3],
        nodes: [{ op: 'Clip', inputs: ['x'], attributes: { min: float(-0.5), max: float(6) } }],
      }),
      engine,
    );
  });

  it.each([2, 3, 4, 0, 1])('Pow with the whole exponent %d', async (exponent) => {
    await checkAgainstRuntime(
      networkOf({
        input: [5],
        constants: { e: { shape: [], values: [exponent] } },
        nodes: [{ op: 'Pow', inputs: ['x', 'e'] }],
      }),
      engine,
      { unboundedEverywhere: exponent > 1 },
    );
  });
  it.each([0.5, 1.5, 2.5, -1, -0.5])('Pow with the exponent %d right of zero', async (exponent) => {
    await checkAgainstRuntime(
      networkOf({
        input: [5],
        constants: { e: { shape: [1], values: [exponent] } },
        nodes: [{ op: 'Pow', inputs: ['x', 'e'] }],
      }),
      engine,
      { interval: [0.3, 2], unboundedEverywhere: true },
    );
  });

  it('Pow whose exponent has more axes than the data copies the data, which no slope tells', async () => {
    const network = networkOf({
      input: [3],
      constants: { e: { shape: [4, 3], values: new Array<number>(12).fill(1) } },
      nodes: [{ op: 'Pow', inputs: ['x', 'e'] }],
    });
    const { analysed, output } = await prepare(network, { dims: {}, held: new Map() }, engine);
    expect(analysed.types.get(output)?.shape).toEqual([4, 3]);
    expect(ruleOf(analysed, analysed.nodes[0]!).kind).toBe('unsupported');
  });

  it.each([[[1]], [[3, 1]], [[2, 3, 4]], [[4]]])('PRelu with slopes %j', async (slopes) => {
    await checkAgainstRuntime(
      networkOf({
        input: [2, 3, 4],
        constants: { slopes: weights(slopes, 1, 2) },
        nodes: [{ op: 'PRelu', inputs: ['x', 'slopes'] }],
      }),
      engine,
    );
  });
});
