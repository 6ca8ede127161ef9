import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import type { Network } from '../../core/network/network.ts';
import { elementCount, numbersOf, type ElementType } from '../../core/network/tensor.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime, openReference, pointOf } from './against-runtime.ts';
import { levels, whole, withWhole } from './quantised-networks.ts';
import { weights } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const plain = (network: Network) => prepare(network, { dims: {}, held: new Map() }, engine);

/** ONNX Runtime computes the file's own operators, and what they are written out as: both agree, but for ties within a step. */
async function sameFunction(network: Network, step: number): Promise<readonly string[]> {
  const { runnable } = await plain(network);
  await using before = await openReference(network, engine);
  await using after = await openReference(runnable, engine);
  const size = elementCount(runnable.types.get('x')!.shape);
  let different = 0;
  for (const seed of [1, 2, 3]) {
    const [expected, found] = [await before.evaluate(pointOf(size, seed)), await after.evaluate(pointOf(size, seed))];
    expect(found.length).toBe(expected.length);
    found.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(step * 1.01);
      if (Math.abs(value - expected[i]!) > 1e-5) different++;
    });
  }
  expect(different).toBeLessThanOrEqual(1);
  return runnable.nodes.map(({ op }) => op);
}

describe('A tensor that is quantised and taken back', () => {
  it.each(['uint8', 'int8', 'uint16', 'int16'] as const)(
    'in %s is enclosed with its rounding, and has no finite constant',
    async (type) => {
      const network = withWhole(
        {
          input: [1, 3, 4],
          nodes: [
            { op: 'QuantizeLinear', inputs: ['x', 's', 'z'] },
            { op: 'DequantizeLinear', inputs: ['y0', 's', 'z'] },
          ],
          constants: { s: { shape: [], values: [0.013] } },
        },
        [whole('z', type, [], [type.startsWith('u') ? 120 : 3])],
      );
      await checkAgainstRuntime(network, engine, { unboundedEverywhere: true, unboundedOnBox: true, width: 1e-2 });
    },
  );

  it('with a scale for each channel, or for each block, is enclosed as well', async () => {
    const network = (scales: readonly number[], attributes: Record<string, number>) =>
      withWhole(
        {
          input: [1, 4, 6],
          nodes: [
            { op: 'QuantizeLinear', inputs: ['x', 's', 'z'], attributes },
            { op: 'DequantizeLinear', inputs: ['y0', 's', 'z'], attributes },
          ],
          constants: { s: { shape: scales, values: pointOf(elementCount(scales), 5, 0.01, 0.03) } },
        },
        [whole('z', 'int8', scales, levels(elementCount(scales), -5, 5))],
      );
    const options = { unboundedEverywhere: true, unboundedOnBox: true, width: 5e-2 };
    await checkAgainstRuntime(network([4], { axis: 1 }), engine, options);
    await checkAgainstRuntime(network([1, 4, 2], { axis: 2, block_size: 3 }), engine, options);
    await checkAgainstRuntime(network([1, 2, 6], { axis: 1, block_size: 2 }), engine, options);
  });

  it('says at which node and why', async () => {
    const network = withWhole(
      {
        input: [1, 4],
        nodes: [
          { op: 'QuantizeLinear', inputs: ['x', 's', 'z'], id: 'act_quant' },
          { op: 'DequantizeLinear', inputs: ['y0', 's', 'z'] },
        ],
        constants: { s: { shape: [], values: [0.1] } },
      },
      [whole('z', 'uint8', [], [0])],
    );
    const { analysed } = await plain(network);
    const rule = ruleOf(analysed, analysed.nodes[0]!);
    expect(rule.kind).toBe('unbounded');
    expect(rule.kind === 'unbounded' && rule.reason).toContain('step function');
    expect(rule.kind === 'unbounded' && rule.remedy).toContain('--as-if-unquantised');
  });

  it('does not move at all where no value can leave its step', async () => {
    const network = withWhole(
      {
        input: [1, 2],
        nodes: [
          { op: 'QuantizeLinear', inputs: ['x', 's', 'z'] },
          { op: 'DequantizeLinear', inputs: ['y0', 's', 'z'] },
        ],
        constants: { s: { shape: [], values: [1] } },
      },
      [whole('z', 'uint8', [], [128])],
    );
    const { analysed } = await plain(network);
    const box = { shape: [1, 2], lower: Float64Array.of(0.6, 2.6), upper: Float64Array.of(1.4, 3.4) };
    expect(ruleOf(analysed, analysed.nodes[0]!, [box, undefined, undefined])).toMatchObject({
      kind: 'elementwise',
      slopes: { lower: 0, upper: 0 },
    });
    const across = { ...box, upper: Float64Array.of(1.6, 3.4) };
    expect(ruleOf(analysed, analysed.nodes[0]!, [across, undefined, undefined]).kind).toBe('unbounded');
  });
});

describe('Quantised weights', () => {
  const taken = (type: ElementType, values: readonly number[], scale: number, zero: number): readonly number[] =>
    values.map((value) => Math.fround((value - (type.startsWith('u') ? zero : 0)) * Math.fround(scale)));

  it.each(['int8', 'uint8', 'int4', 'uint4', 'int16'] as const)('in %s are folded into real ones', async (type) => {
    const [least, most] = { int8: [-128, 127], uint8: [0, 255], int4: [-8, 7], uint4: [0, 15], int16: [-3000, 3000] }[
      type
    ] as [number, number];
    const values = levels(15, least, most);
    const zero = type.startsWith('u') ? 7 : 0;
    const network = withWhole(
      {
        input: [1, 3],
        nodes: [
          { op: 'DequantizeLinear', inputs: ['w', 's', 'z'], outputs: ['real'] },
          { op: 'MatMul', inputs: ['x', 'real'] },
        ],
        constants: { s: { shape: [], values: [0.07] } },
      },
      [whole('w', type, [3, 5], values), whole('z', type, [], [zero])],
    );
    const { analysed, runnable } = await plain(network);
    expect(analysed.nodes.map(({ op }) => op)).toEqual(['MatMul']);
    expect([...numbersOf(analysed.constants.get('real')!)]).toEqual(taken(type, values, 0.07, zero));
    // Not the file's own nodes: ONNX Runtime makes of them a product that rounds x to eight bits as well.
    await checkAgainstRuntime(runnable, engine);
  });

  it('that are rounded to four bits in the file itself are folded, too', async () => {
    const network = withWhole(
      {
        input: [1, 3],
        nodes: [
          { op: 'QuantizeLinear', inputs: ['w', 's', 'z'], outputs: ['q'] },
          { op: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['real'] },
          { op: 'MatMul', inputs: ['x', 'real'] },
        ],
        constants: { s: { shape: [], values: [0.125] }, w: weights([3, 5]) },
      },
      [whole('z', 'int4', [], [0])],
    );
    const { analysed } = await plain(network);
    expect(analysed.nodes.map(({ op }) => op)).toEqual(['MatMul']);
    expect([...numbersOf(analysed.constants.get('real')!)].every((value) => Number.isInteger(value * 8))).toBe(true);
  });
});

/** Weights of seven bits: with eight, ONNX Runtime's own kernels overflow on many processors (sums of two products in 16 bits). */
describe('Operators on quantised tensors', () => {
  const quantise = { op: 'QuantizeLinear', inputs: ['x', 'xs', 'xz'], outputs: ['q'] };
  const scales = { xs: { shape: [], values: [0.02] }, ys: { shape: [], values: [0.05] } };
  const zeros = [whole('xz', 'uint8', [], [128]), whole('yz', 'uint8', [], [101])];

  it.each([1, 3])(
    'QLinearConv with %i scales of its weights is Conv between taking back and quantising',
    async (count) => {
      const ops = await sameFunction(
        withWhole(
          {
            opset: 13,
            input: [1, 2, 5, 5],
            nodes: [
              quantise,
              {
                op: 'QLinearConv',
                inputs: ['q', 'xs', 'xz', 'w', 'ws', 'wz', 'ys', 'yz', 'b'],
                outputs: ['c'],
                attributes: { pads: [1, 1, 1, 1], strides: [2, 2], kernel_shape: [3, 3] },
              },
              { op: 'DequantizeLinear', inputs: ['c', 'ys', 'yz'] },
            ],
            constants: { ...scales, ws: { shape: count === 1 ? [] : [3], values: pointOf(count, 3, 0.001, 0.003) } },
          },
          [
            ...zeros,
            whole('w', 'int8', [3, 2, 3, 3], levels(54, -64, 63)),
            whole('wz', 'int8', count === 1 ? [] : [3], new Array<number>(count).fill(0)),
            whole('b', 'int32', [3], levels(3, -5000, 5000)),
          ],
        ),
        0.05,
      );
      expect(ops).toEqual([
        'QuantizeLinear',
        'DequantizeLinear',
        'Conv',
        'QuantizeLinear',
        'Identity',
        'DequantizeLinear',
      ]);
    },
  );

  it('QLinearMatMul is MatMul between them', async () => {
    await sameFunction(
      withWhole(
        {
          input: [2, 6],
          nodes: [
            quantise,
            { op: 'QLinearMatMul', inputs: ['q', 'xs', 'xz', 'w', 'ws', 'wz', 'ys', 'yz'], outputs: ['c'] },
            { op: 'DequantizeLinear', inputs: ['c', 'ys', 'yz'] },
          ],
          constants: { ...scales, ws: { shape: [], values: [0.004] } },
        },
        [...zeros, whole('w', 'int8', [6, 3], levels(18, -64, 63)), whole('wz', 'int8', [], [0])],
      ),
      0.05,
    );
  });

  it('MatMulInteger and ConvInteger behind a dynamic quantisation compute the same as in whole numbers', async () => {
    const dynamic = { op: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['q', 'qs', 'qz'] };
    const back = [
      { op: 'Cast', inputs: ['i'], outputs: ['f'], attributes: { to: 1 } },
      { op: 'Mul', inputs: ['qs', 's'], outputs: ['both'] },
      { op: 'Mul', inputs: ['f', 'both'] },
    ];
    const constants = { s: { shape: [], values: [0.01] } };
    const matMul = { op: 'MatMulInteger', inputs: ['q', 'w', 'qz', 'wz'], outputs: ['i'] };
    await sameFunction(
      withWhole({ input: [2, 6], nodes: [dynamic, matMul, ...back], constants }, [
        whole('w', 'uint8', [6, 3], levels(18, 0, 255)),
        whole('wz', 'uint8', [], [113]),
      ]),
      1e-4,
    );
    const conv = {
      op: 'ConvInteger',
      inputs: ['q', 'w', 'qz', 'wz'],
      outputs: ['i'],
      attributes: { pads: [1, 1, 1, 1] },
    };
    await sameFunction(
      withWhole({ input: [1, 2, 4, 4], nodes: [dynamic, conv, ...back], constants }, [
        whole('w', 'uint8', [3, 2, 3, 3], levels(54, 0, 255)),
        whole('wz', 'uint8', [], [113]),
      ]),
      1e-4,
    );
  });
});
