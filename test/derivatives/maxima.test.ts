import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, NumericArray } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { onlyNeeded } from '../../core/derivatives/derived-network.ts';
import { differentiable } from '../../core/derivatives/differentiable.ts';
import { jvp } from '../../core/derivatives/jvp.ts';
import { vjp } from '../../core/derivatives/vjp.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { elementCount } from '../../core/network/tensor.ts';
import type { Maxima } from '../../core/operators/derivatives/graph.ts';
import { inferTypes } from '../../core/passes/infer-types.ts';
import { networkOf, numbers, type AttributeValue } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

interface Pool {
  readonly input: readonly number[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

const pools: Readonly<Record<string, Pool>> = {
  'side by side': { input: [2, 3, 6, 4], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
  'overlapping, in padding': {
    input: [2, 2, 7, 6],
    attributes: { kernel_shape: [3, 3], strides: [2, 1], pads: [1, 1, 1, 1] },
  },
  'dilated, unequal padding': {
    input: [1, 2, 9, 8],
    attributes: { kernel_shape: [2, 3], strides: [1, 2], dilations: [3, 2], pads: [0, 1, 1, 0] },
  },
  'a last window that hangs over': {
    input: [1, 2, 6, 7],
    attributes: { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1 },
  },
  'rows left over': { input: [1, 1, 8, 8], attributes: { kernel_shape: [2, 2], strides: [3, 3] } },
  'along a line': { input: [2, 2, 9], attributes: { kernel_shape: [4], strides: [2], pads: [1, 2] } },
  'in space': { input: [1, 2, 4, 5, 4], attributes: { kernel_shape: [2, 2, 3], strides: [1, 2, 1] } },
  'same sizes': { input: [1, 2, 5, 6], attributes: { kernel_shape: [3, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' } },
};

/** Few different values, all below zero: ties are many, and padding that read as zero would win. */
const points = (count: number): Float32Array => numbers(count, 5).map((value) => Math.round(2 * value) - 3);

async function derivative(pool: Pool, kind: 'jvp' | 'vjp', maxima: Maxima): Promise<Float32Array> {
  const nodes = [
    { op: 'Mul', inputs: ['x', 'x'], outputs: ['square'] },
    { op: 'Neg', inputs: ['square'], outputs: ['below'] },
    { op: 'MaxPool', inputs: ['below'], attributes: pool.attributes },
  ];
  const network = differentiable(inferTypes(networkOf({ input: pool.input, nodes })), 'float32');
  const answer = (kind === 'jvp' ? jvp : vjp)({ network, output: network.outputs[0]!.name, maxima });
  if ('missing' in answer) throw new Error(answer.missing.reason);
  const name = answer.derivatives[0]!;
  const graph = onlyNeeded({ ...answer.network, outputs: [{ name, ...answer.network.types.get(name)! }] });
  expect(graph.nodes.some(({ op, outputs }) => op === 'MaxPool' && outputs.length > 1)).toBe(maxima === 'positions');
  const session = await engine.open(writeOnnx(graph), 'cpu');
  const feeds = graph.inputs.map(({ name: input }): [string, NumericArray] => {
    const { shape } = graph.types.get(input)!;
    const data = input === 'x' ? points(elementCount(shape)) : numbers(elementCount(shape), 9);
    return [input, { type: 'float32', shape, data }];
  });
  try {
    return (await session.run(Object.fromEntries(feeds)))[name]!.data as Float32Array;
  } finally {
    await session.dispose();
  }
}

describe('the derivative of max pooling by masks is the one by positions, ties and padding included', () => {
  for (const [name, pool] of Object.entries(pools))
    for (const kind of ['jvp', 'vjp'] as const)
      it(`${kind}, ${name}`, async () => {
        const [byMasks, byPositions] = [
          await derivative(pool, kind, 'masks'),
          await derivative(pool, kind, 'positions'),
        ];
        expect(byMasks.length).toBe(byPositions.length);
        expect(Math.max(...byMasks.map((value, i) => Math.abs(value - byPositions[i]!)))).toBeLessThan(1e-5);
        expect(Math.max(...byPositions)).toBeGreaterThan(0);
      });
});
