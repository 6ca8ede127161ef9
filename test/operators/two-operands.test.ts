import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { checkAgainstRuntime } from './against-runtime.ts';
import {
  networkOf,
  pairOf,
  weights,
  type AttributeValue,
  type ConstantSketch,
  type NodeSketch,
} from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

describe('Operators of two data tensors, as ONNX Runtime computes them', () => {
  const pair = async (
    op: string,
    a: number[],
    b: number[],
    expectations: Parameters<typeof checkAgainstRuntime>[2] = {},
    attributes: Record<string, AttributeValue> = {},
  ): Promise<void> => {
    const { input, nodes, constants } = pairOf(a, b);
    await checkAgainstRuntime(
      networkOf({ input, constants, nodes: [...nodes, { op, inputs: ['a', 'b'], attributes }] }),
      engine,
      expectations,
    );
  };

  const shapes: [number[], number[]][] = [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [
      [2, 1],
      [1, 3],
    ],
    [[1], [2, 3]],
    [
      [3, 1, 2],
      [4, 1],
    ],
  ];
  it.each(['Add', 'Sub', 'Sum', 'Mean', 'Max', 'Min'])('%s with broadcasting', async (op) => {
    for (const [a, b] of shapes) await pair(op, a, b);
  });
  it.each(shapes)('Mul of %j and %j is bounded on a box only', async (a, b) => {
    await pair('Mul', a, b, { unboundedEverywhere: true });
  });
  it.each(shapes)('Div of %j by %j is bounded where the divisor stays away from zero', async (a, b) => {
    await pair('Div', a, b, { unboundedEverywhere: true, interval: [0.4, 3] });
  });
  it.each([
    [[2, 3], [2, 4], 1],
    [[2, 3], [1, 3], 0],
    [[2, 3, 2], [2, 3, 1], -1],
  ])('Concat of %j and %j along axis %d', async (a, b, axis) => {
    await pair('Concat', a, b, {}, { axis });
  });
  const matrices: [number[], number[]][] = [
    [
      [2, 3],
      [3, 4],
    ],
    [[3], [3, 4]],
    [[2, 3], [3]],
    [[3], [3]],
    [
      [2, 2, 3],
      [3, 2],
    ],
    [
      [2, 3],
      [4, 3, 2],
    ],
    [[3], [4, 3, 2]],
    [[4, 2, 3], [3]],
    [
      [2, 1, 2, 3],
      [3, 3, 1],
    ],
  ];
  it.each(matrices)('MatMul of %j by %j is bounded on a box only', async (a, b) => {
    await pair('MatMul', a, b, { unboundedEverywhere: true });
  });
});

describe('Operators of data and constants, as ONNX Runtime computes them', () => {
  const c = (shape: number[]): Record<string, ConstantSketch> => ({ c: weights(shape, 4) });
  const shapes: [number[], number[]][] = [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [[3], [2, 3]],
    [
      [2, 1],
      [2, 3],
    ],
    [[2, 3], []],
    [[], [4]],
    [
      [3, 1],
      [1, 3, 1],
    ],
  ];
  const run = async (
    input: number[],
    constants: Record<string, ConstantSketch>,
    node: NodeSketch,
    unboundedEverywhere = false,
  ): Promise<void> =>
    checkAgainstRuntime(networkOf({ input, constants, nodes: [node] }), engine, { unboundedEverywhere });
  it.each(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Mean', 'Sum'])('%s, the constant behind', async (op) => {
    for (const [x, shape] of shapes) await run(x, c(shape), { op, inputs: ['x', 'c'] });
  });
  it.each(['Add', 'Sub', 'Mul', 'Max', 'Min'])('%s, the constant in front', async (op) => {
    for (const [x, shape] of shapes) await run(x, c(shape), { op, inputs: ['c', 'x'] });
  });
  it('a constant divided by the data is bounded where the data stays away from zero', async () => {
    for (const [x, shape] of shapes)
      await checkAgainstRuntime(
        networkOf({ input: x, constants: c(shape), nodes: [{ op: 'Div', inputs: ['c', 'x'] }] }),
        engine,
        {
          unboundedEverywhere: true,
          interval: [0.3, 2],
        },
      );
  });
  it('Sum and Max of three tensors, one of them constant', async () => {
    for (const op of ['Sum', 'Max', 'Min', 'Mean']) {
      const { input, nodes, constants } = pairOf([2, 3], [3]);
      await checkAgainstRuntime(
        networkOf({
          input,
          constants: { ...constants, ...c([2, 1]) },
          nodes: [...nodes, { op, inputs: ['a', 'c', 'b'] }],
        }),
        engine,
      );
    }
  });
  it('a tensor added to, multiplied by or put beside itself', async () => {
    for (const op of ['Add', 'Mul', 'Concat', 'Max', 'Sub'])
      await run([2, 3], {}, { op, inputs: ['x', 'x'], attributes: op === 'Concat' ? { axis: 0 } : {} }, op === 'Mul');
  });
  it('constants beside the data in Concat', async () => {
    await run([2, 3], c([2, 2]), { op: 'Concat', inputs: ['c', 'x', 'c'], attributes: { axis: 1 } });
  });
});
