import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { randomSearch } from '../../../core/estimators/norms/random-search.ts';
import { firstOutputs } from '../../../core/estimators/norms/single-search.ts';
import { convolutionMatrix, convolutionOf, numbersFrom, singularValues, workOf } from './small-maps.ts';

const axis = fc.record({
  size: fc.integer({ min: 3, max: 9 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  // A transposed convolution may leave out outputs: a negative margin of the convolution that describes it.
  padBegin: fc.integer({ min: -1, max: 2 }),
  padEnd: fc.integer({ min: 1, max: 3 }),
});

const anyConvolution = fc
  .record({
    axes: fc.array(axis, { minLength: 1, maxLength: 2 }),
    inputs: fc.integer({ min: 1, max: 3 }),
    outputs: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(1e6),
  })
  .map(({ axes, inputs, outputs, seed }) =>
    convolutionOf(
      {
        inputs,
        outputs,
        size: axes.map(({ size }) => size),
        kernel: axes.map(({ kernel }) => kernel),
        strides: axes.map(({ stride }) => stride),
        dilations: axes.map(({ dilation }) => dilation),
        padsBegin: axes.map(({ padBegin }) => padBegin),
        padsEnd: axes.map(({ padEnd }) => padEnd),
      },
      numbersFrom(seed),
    ),
  )
  .filter(({ outputSize }) => outputSize.every((size) => size > 0));

describe('a lower end from a random start', () => {
  it('is never above the norm, whatever the geometry', async () => {
    await fc.assert(
      fc.asyncProperty(anyConvolution, async (convolution) => {
        const truth = singularValues(convolutionMatrix(convolution))[0]!;
        const lower = await randomSearch(convolution, new Pace(workOf()));
        expect(lower).toBeLessThanOrEqual(truth * (1 + 1e-14));
        expect(lower).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    { inputs: 3, outputs: 4, size: [7, 6], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] },
    { inputs: 3, outputs: 4, size: [7, 9], kernel: [3, 3], strides: [2, 2], padsBegin: [1, 1], padsEnd: [1, 1] },
    { inputs: 40, outputs: 30, size: [1], kernel: [1] },
  ])('is within 1 % of it ($inputs to $outputs channels, stride $strides)', async (shape) => {
    const convolution = convolutionOf(shape, numbersFrom(5));
    const truth = singularValues(convolutionMatrix(convolution))[0]!;
    expect(await randomSearch(convolution, new Pace(workOf()))).toBeGreaterThan(0.99 * truth);
  });

  it('looks at the first outputs of a large image and at what they read', () => {
    const convolution = convolutionOf(
      { inputs: 1, outputs: 1, size: [100, 20], kernel: [3, 5], strides: [2, 1], padsBegin: [1, -2], padsEnd: [1, 2] },
      () => 1,
    );
    expect(firstOutputs(convolution, 10)).toMatchObject({
      outputSize: [10, 10],
      inputSize: [20, 14],
      padsBegin: [1, 0],
      padsEnd: [0, 0],
    });
    expect(firstOutputs({ ...convolution, padsBegin: [40, 0] }, 10)).toBeUndefined();
  });
});
