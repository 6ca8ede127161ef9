import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { checkAgainstRuntime } from './against-runtime.ts';
import { networkOf, weights, type AttributeValue } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

describe('Dense layers, as ONNX Runtime computes them', () => {
  const gemms: {
    name: string;
    input: number[];
    w: number[];
    c?: number[];
    attributes: Record<string, AttributeValue>;
  }[] = [
    { name: 'plain', input: [1, 4], w: [4, 3], attributes: {} },
    { name: 'a batch of rows', input: [3, 4], w: [4, 3], c: [3], attributes: {} },
    { name: 'transB and bias', input: [2, 4], w: [3, 4], c: [3], attributes: { transB: 1 } },
    {
      name: 'alpha and beta',
      input: [2, 4],
      w: [3, 4],
      c: [2, 1],
      attributes: { transB: 1, alpha: { float: 0.3 }, beta: { float: -1.7 } },
    },
    { name: 'a bias matrix', input: [2, 4], w: [4, 3], c: [2, 3], attributes: { beta: { float: 2 } } },
    { name: 'a scalar bias', input: [2, 4], w: [4, 3], c: [], attributes: {} },
    { name: 'transA of one column', input: [4, 1], w: [4, 3], attributes: { transA: 1 } },
    { name: 'transA of one row', input: [1, 4], w: [1, 3], attributes: { transA: 1 } },
    { name: 'alpha 0', input: [1, 4], w: [4, 3], c: [3], attributes: { alpha: { float: 0 } } },
  ];
  it.each(gemms)('Gemm: $name', async ({ input, w, c, attributes }) => {
    await checkAgainstRuntime(
      networkOf({
        input,
        constants: { w: weights(w), ...(c === undefined ? {} : { c: weights(c, 2) }) },
        nodes: [{ op: 'Gemm', inputs: c === undefined ? ['x', 'w'] : ['x', 'w', 'c'], attributes }],
      }),
      engine,
    );
  });

  const products: [number[], number[]][] = [
    [[4], [4, 3]],
    [
      [2, 4],
      [4, 3],
    ],
    [[2, 4], [4]],
    [
      [2, 3, 4],
      [4, 2],
    ],
    [[2, 3, 4], [4]],
    [[4], [4]],
    [
      [2, 2, 3, 4],
      [4, 3],
    ],
  ];
  it.each(products)('MatMul of %j by a constant %j', async (input, w) => {
    await checkAgainstRuntime(
      networkOf({ input, constants: { w: weights(w) }, nodes: [{ op: 'MatMul', inputs: ['x', 'w'] }] }),
      engine,
    );
  });
  const reversed: [number[], number[]][] = [
    [[3, 4], [4]],
    [
      [3, 4],
      [4, 2],
    ],
    [[4], [4, 2]],
    [[4], [4]],
    [
      [3, 4],
      [2, 4, 5],
    ],
    [[4], [2, 4, 5]],
    [
      [3, 4],
      [2, 2, 4, 2],
    ],
  ];
  it.each(reversed)('MatMul of a constant %j by %j', async (w, input) => {
    await checkAgainstRuntime(
      networkOf({ input, constants: { w: weights(w) }, nodes: [{ op: 'MatMul', inputs: ['w', 'x'] }] }),
      engine,
    );
  });
});
