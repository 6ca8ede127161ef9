import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { checkAgainstRuntime } from './against-runtime.ts';
import { ints, networkOf, weights } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const runs = { numRuns: 40, seed: 1, endOnFailure: true };

describe('Resizing, as ONNX Runtime computes it', () => {
  const coordinates = ['half_pixel', 'pytorch_half_pixel', 'asymmetric', 'align_corners'];
  const roundings = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'];
  const sizes = fc.record({
    size: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
    to: fc.tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 })),
    scale: fc.tuple(fc.integer({ min: 3, max: 30 }), fc.integer({ min: 3, max: 30 })),
    coordinate: fc.constantFrom(...coordinates),
    rounding: fc.constantFrom(...roundings),
    byScale: fc.boolean(),
  });
  it.each(['nearest', 'linear'])('Resize, %s', async (mode) => {
    await fc.assert(
      fc.asyncProperty(sizes, async (c) => {
        const scales = [1, 1, c.scale[0] / 10, c.scale[1] / 10];
        fc.pre(!c.byScale || c.size.every((size, a) => Math.fround(size * Math.fround(scales[a + 2]!)) >= 1));
        const network = networkOf({
          input: [1, 1, ...c.size],
          constants: {
            scales: { shape: [4], values: scales },
            sizes: ints([1, 1, ...c.to]),
          },
          nodes: [
            {
              op: 'Resize',
              inputs: c.byScale ? ['x', '', 'scales'] : ['x', '', '', 'sizes'],
              attributes: { mode, coordinate_transformation_mode: c.coordinate, nearest_mode: c.rounding },
            },
          ],
        });
        await checkAgainstRuntime(network, engine, { points: 4, tolerance: 2e-5 });
      }),
      { ...runs, numRuns: 120 },
    );
  });

  it.each([
    [7, 13],
    [7, 1],
    [7, 4],
    [14, 19],
  ])('Resize, nearest, from %i to %i, where positions are whole or halfway but for roundings', async (from, to) => {
    for (const coordinate of [...coordinates, 'half_pixel_symmetric', 'tf_crop_and_resize'])
      for (const rounding of roundings)
        await checkAgainstRuntime(
          networkOf({
            opset: 19,
            input: [1, from],
            constants: { roi: { shape: [4], values: [0, 0.3, 1, 1] }, sizes: ints([1, to]) },
            nodes: [
              {
                op: 'Resize',
                inputs: ['x', 'roi', '', 'sizes'],
                attributes: { mode: 'nearest', coordinate_transformation_mode: coordinate, nearest_mode: rounding },
              },
            ],
          }),
          engine,
          { points: 2 },
        );
  });

  it.each([
    ['nearest', [1, 1, 2, 3]],
    ['linear', [1, 1, 2, 2]],
    ['nearest', [1, 1, 1.5, 2.7]],
  ])('Upsample, %s, by %j', async (mode, scales) => {
    await checkAgainstRuntime(
      networkOf({
        opset: 9,
        input: [1, 2, 3, 4],
        constants: { scales: { shape: [4], values: scales } },
        nodes: [{ op: 'Upsample', inputs: ['x', 'scales'], attributes: { mode: mode } }],
      }),
      engine,
    );
  });

  it.each([
    ['nearest', [1, 1, 2, 3]],
    ['nearest', [1, 1, 0.6, 0.5]],
    ['linear', [1, 1, 2, 0.5]],
  ])('Resize of operator set 10, %s, by %j', async (mode, scales) => {
    await checkAgainstRuntime(
      networkOf({
        opset: 10,
        input: [1, 2, 5, 6],
        constants: { scales: { shape: [4], values: scales } },
        nodes: [{ op: 'Resize', inputs: ['x', 'scales'], attributes: { mode: mode } }],
      }),
      engine,
    );
  });
});

describe('Linear reductions, as ONNX Runtime computes them', () => {
  it.each(['ReduceMean', 'ReduceSum'])('%s over any axes', async (op) => {
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
      );
  });

  it.each(['ReduceMean', 'ReduceSum'])('%s with axes by attribute', async (op) => {
    await checkAgainstRuntime(
      networkOf({
        opset: 11,
        input: [2, 3, 4],
        nodes: [{ op, inputs: ['x'], attributes: { axes: [1, -1], keepdims: 0 } }],
      }),
      engine,
    );
  });
});

describe('Normalisation with constants, as ONNX Runtime computes it', () => {
  it.each([[[2, 3]], [[1, 3, 4]], [[2, 3, 2, 2]]])('BatchNormalization of %j', async (input) => {
    await checkAgainstRuntime(
      networkOf({
        input,
        constants: {
          scale: weights([3]),
          bias: weights([3], 2),
          mean: weights([3], 3),
          variance: { shape: [3], values: [0.2, 1.5, 0.001] },
        },
        nodes: [
          {
            op: 'BatchNormalization',
            inputs: ['x', 'scale', 'bias', 'mean', 'variance'],
            attributes: { epsilon: { float: 1e-3 } },
          },
        ],
      }),
      engine,
    );
  });
});
