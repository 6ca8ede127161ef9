import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { checkAgainstRuntime } from './against-runtime.ts';
import { ints, networkOf, weights, type AttributeValue } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const float = (value: number): AttributeValue => ({ float: value });

describe('Softmax and its like, as ONNX Runtime computes them', () => {
  it.each(['Softmax', 'LogSoftmax'])('%s over any axis, before and after operator set 13', async (op) => {
    for (const [opset, attributes] of [
      [21, {}],
      [21, { axis: 1 }],
      [13, { axis: 0 }],
      [11, {}],
      [11, { axis: 2 }],
      [11, { axis: -3 }],
    ] as const)
      await checkAgainstRuntime(
        networkOf({ opset, input: [2, 3, 4], nodes: [{ op, inputs: ['x'], attributes }] }),
        engine,
        { interval: [-4, 4] },
      );
  });

  it.each(['Softmax', 'LogSoftmax'])('%s of one entry is constant', async (op) => {
    await checkAgainstRuntime(networkOf({ input: [3, 1], nodes: [{ op, inputs: ['x'] }] }), engine);
  });

  it.each(['Softmax', 'LogSoftmax'])('%s of logits that are very far apart', async (op) => {
    await checkAgainstRuntime(networkOf({ input: [1, 4], nodes: [{ op, inputs: ['x'] }] }), engine, {
      interval: [-500, 500],
    });
  });

  it.each(['ReduceMax', 'ReduceMin', 'ReduceLogSumExp'])('%s over any axes', async (op) => {
    for (const [attributes, axes] of [
      [{}, undefined],
      [{ keepdims: 0 }, [1]],
      [{ keepdims: 0 }, [-1, 0]],
      [{ noop_with_empty_axes: 1 }, undefined],
    ] as const)
      await checkAgainstRuntime(
        networkOf({
          input: [2, 3, 4],
          constants: axes === undefined ? {} : { axes: ints(axes) },
          nodes: [{ op, inputs: axes === undefined ? ['x'] : ['x', 'axes'], attributes }],
        }),
        engine,
        { interval: [-9, 9] },
      );
  });
});

describe('Normalisation by the data, as ONNX Runtime computes it', () => {
  it.each([
    [[2, 5], -1],
    [[2, 3, 4], -1],
    [[2, 3, 4], 1],
  ])('LayerNormalization of %j from axis %d', async (input, axis) => {
    const normalised = input.slice(axis);
    await checkAgainstRuntime(
      networkOf({
        input,
        constants: { scale: weights(normalised), bias: weights(normalised, 2) },
        nodes: [
          { op: 'LayerNormalization', inputs: ['x', 'scale', 'bias'], attributes: { axis, epsilon: float(1e-2) } },
        ],
      }),
      engine,
      { tolerance: 2e-5 },
    );
  });

  it('LayerNormalization on a box away from zero variance has a smaller constant there, and a true one', async () => {
    await checkAgainstRuntime(
      networkOf({
        input: [1, 4],
        constants: { shift: { shape: [4], values: [-6, -2, 2, 6] }, scale: { shape: [4], values: [1, 1, 1, 1] } },
        nodes: [
          { op: 'Add', inputs: ['x', 'shift'], outputs: ['apart'] },
          { op: 'LayerNormalization', inputs: ['apart', 'scale'] },
        ],
      }),
      engine,
      { interval: [-1, 1], tolerance: 2e-5 },
    );
  });
});
