import fc from 'fast-check';
import { expect, it } from 'vitest';
import { length } from '../../../core/compute/linear-algebra/euclidean.ts';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { layerDetails } from '../../../core/estimators/norms/layer-details.ts';
import {
  largestBelieved,
  probabilisticUpper,
  uniformDirection,
} from '../../../core/estimators/norms/probabilistic-upper.ts';
import { convolutionMap } from '../../../core/operators/maps/convolution-map.ts';
import { convolutionMatrix, convolutionOf, numbersFrom, singularValues, workOf } from './small-maps.ts';

const pace = new Pace(workOf());

it('lies above the norm, and near it once the steps have found it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 1, max: 2 }), async (seed, stride) => {
      const convolution = convolutionOf(
        { inputs: 3, outputs: 4, size: [6, 5], kernel: [3, 3], strides: [stride, 1], padsBegin: [1, 1], padsEnd: [1, 1] }, // prettier-ignore
        numbersFrom(seed),
      );
      const truth = singularValues(convolutionMatrix(convolution))[0]!;
      const { upper, failure } = (await probabilisticUpper(convolution, 0, pace))!;
      expect(failure).toBe(1e-12);
      expect(upper).toBeGreaterThanOrEqual(truth);
      expect(upper).toBeLessThan(truth * 1.01);
    }),
    { numRuns: 20 },
  );
});

it('is given where the certified end is wide, and only there', async () => {
  const convolution = convolutionOf(
    { inputs: 2, outputs: 2, size: [7, 7], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] },
    numbersFrom(4),
  );
  const truth = singularValues(convolutionMatrix(convolution))[0]!;
  const l2 = { lower: truth * 0.999, rigor: 'certified', method: 'scalar-section' } as const;
  const wide = await layerDetails(convolutionMap(convolution), { ...l2, upper: truth * 1.03 }, workOf());
  expect(wide.probabilistic!.upper).toBeGreaterThanOrEqual(truth);
  expect(wide.probabilistic!.upper).toBeLessThan(truth * 1.01);
  const narrow = await layerDetails(convolutionMap(convolution), { ...l2, upper: truth * 1.001 }, workOf());
  expect(narrow).not.toHaveProperty('probabilistic');
});

it('believes no number below a Ritz value, and more of them the fewer steps were made', () => {
  // Of one step on the identity in R^2: the Ritz value is 1, nothing is left but a rounding error.
  expect(largestBelieved([1], [1e-3], 2)).toBeGreaterThan(1);
  expect(largestBelieved([1, 1], [0.1, 0.1], 100)).toBeLessThan(largestBelieved([1], [0.1], 100));
});

it('starts in a direction that nobody knows beforehand', () => {
  const [one, two] = [uniformDirection(1001), uniformDirection(1001)];
  expect(one).not.toEqual(two);
  // The square of the length of normal numbers: n, give or take sqrt(2n).
  expect(Math.abs(length(one) ** 2 - 1001)).toBeLessThan(6 * Math.sqrt(2002));
});
