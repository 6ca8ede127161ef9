import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { circulantNorm } from '../../../core/estimators/norms/circulant-embedding.ts';
import { directGram, directlyAtMost, directSymbol } from '../../../core/estimators/norms/direct-frequencies.ts';
import { halfTorus } from '../../../core/estimators/norms/frequency-sweep.ts';
import { polyphase, samplingOf, torusSize } from '../../../core/estimators/norms/polyphase.ts';
import { operatorNorm } from '../../../core/estimators/norms/operator-norm.ts';
import type { Convolution } from '../../../core/operators/linear-map.ts';
import { convolutionMap } from '../../../core/operators/maps/convolution-map.ts';
import { convolutionMatrix, convolutionOf, numbersFrom, singularValues, workOf } from './small-maps.ts';

/** The embedding is for large images; here it runs on small ones, where the truth is known. */
async function embedded(convolution: Convolution) {
  const phases = polyphase(convolution);
  const found = [];
  for await (const finding of circulantNorm(convolution, phases, 1e6, new Pace(workOf()))) found.push(finding);
  return {
    lower: Math.max(...found.map(({ lower }) => lower ?? 0)),
    upper: Math.min(...found.map(({ upper }) => upper ?? Number.POSITIVE_INFINITY)),
  };
}

const oneGroup = fc
  .record({
    axes: fc.integer({ min: 1, max: 3 }),
    inputs: fc.integer({ min: 1, max: 4 }),
    outputs: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(1e6),
    numbers: fc.array(fc.nat(1000), { minLength: 18, maxLength: 18 }),
  })
  .map(({ axes, inputs, outputs, seed, numbers }) => {
    const each = (what: number, from: number, to: number): number[] =>
      Array.from({ length: axes }, (_, axis) => from + (numbers[axis * 6 + what]! % (to - from + 1)));
    const kernel = each(0, 1, 4);
    const dilations = each(1, 1, 2);
    const size = each(2, axes === 3 ? 2 : 3, axes === 1 ? 16 : axes === 2 ? 7 : 4);
    const padsBegin = each(3, 0, 3);
    const padsEnd = each(4, 0, 2).map((pad, a) =>
      Math.max(pad, dilations[a]! * (kernel[a]! - 1) + 1 - size[a]! - padsBegin[a]!),
    );
    return convolutionOf(
      { inputs, outputs, size, kernel, strides: each(5, 1, 3), dilations, padsBegin, padsEnd },
      numbersFrom(seed),
    );
  })
  .filter((convolution) => polyphase(convolution).taps.length > 0);

describe('the twisted circulant embedding', () => {
  it('encloses the norm of the padded operator, whatever its geometry', async () => {
    await fc.assert(
      fc.asyncProperty(oneGroup, async (convolution) => {
        const truth = singularValues(convolutionMatrix(convolution))[0]!;
        const { lower, upper } = await embedded(convolution);
        expect(upper).toBeGreaterThanOrEqual(truth * (1 - 1e-12));
        expect(lower).toBeLessThanOrEqual(truth * (1 + 1e-12));
        // Never far either, even on images of a few pixels, where most of the torus lies outside of them.
        expect(upper).toBeLessThan(truth * 3 + 1e-9);
        expect(lower).toBeGreaterThan(truth * 0.9);
      }),
      { numRuns: 150 },
    );
  });

  it('is exact for (1, 1, 1) on a line: 1 + 2 cos(pi / (H + 1)), where the plain circulant says 3', async () => {
    for (const size of [3, 8, 31]) {
      const { lower, upper } = await embedded(
        convolutionOf({ inputs: 1, outputs: 1, size: [size], kernel: [3], padsBegin: [1], padsEnd: [1] }, () => 1),
      );
      const truth = 1 + 2 * Math.cos(Math.PI / (size + 1));
      expect(upper).toBeGreaterThanOrEqual(truth * (1 - 1e-14));
      expect(upper).toBeLessThan(truth * (1 + 1e-3));
      expect(lower).toBeLessThanOrEqual(truth * (1 + 1e-14));
    }
  });

  /** Axes that are sampled, of which the first may be short. */
  const long = (seed: number, plane: boolean): Convolution =>
    convolutionOf(
      plane
        ? { inputs: 1, outputs: 1, size: [2, 90], kernel: [2, 3], padsBegin: [1, 1], padsEnd: [0, 1] }
        : { inputs: 1, outputs: 2, size: [170], kernel: [4], strides: [2], padsBegin: [1], padsEnd: [2] },
      numbersFrom(seed),
    );

  it('samples long axes, and still encloses the norm', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.boolean(), async (seed, plane) => {
        const convolution = long(seed, plane);
        expect(samplingOf(polyphase(convolution)).factor).toBeGreaterThan(1);
        const truth = singularValues(convolutionMatrix(convolution))[0]!;
        const { lower, upper } = await embedded(convolution);
        expect(upper).toBeGreaterThanOrEqual(truth * (1 - 1e-12));
        expect(lower).toBeLessThanOrEqual(truth * (1 + 1e-12));
        // However the search begins and ends; the next test says how close it usually comes.
        expect(lower).toBeGreaterThan(truth * 0.9);
        // The embedding is nearly the operator where an axis is long; along a short one it may be far above.
        if (!plane) expect(upper).toBeLessThan(truth * 1.01);
      }),
      { numRuns: 8 },
    );
  });

  it('finds the norm along a short axis too, where the best input has hardly a part in the wave of the peak', async () => {
    for (const seed of [561325, 1084903]) {
      const convolution = long(seed, true);
      const truth = singularValues(convolutionMatrix(convolution))[0]!;
      const { lower } = await embedded(convolution);
      expect(lower).toBeGreaterThan(truth * 0.99);
    }
  });

  it('closes a large layer to half a percent', async () => {
    const convolution = convolutionOf(
      { inputs: 8, outputs: 8, size: [40, 40], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] },
      numbersFrom(9),
    );
    const { lower, upper } = await embedded(convolution);
    expect(upper / lower).toBeLessThan(1.005);
  });
});

describe('the symbol straight from the kernel', () => {
  it('agrees with the embedding about what can be proved, and proves nothing below the truth', async () => {
    await fc.assert(
      fc.asyncProperty(oneGroup, fc.nat(1), async (convolution, parity) => {
        const truth = singularValues(convolutionMatrix(convolution))[0]!;
        const symbol = directSymbol(convolution, torusSize(polyphase(convolution)));
        const pace = new Pace(workOf());
        const proves = async (c: number): Promise<boolean> => {
          for (const { t } of halfTorus(
            symbol.torus,
            symbol.torus.map(() => parity),
          )) {
            const gram = await directGram(symbol, t, pace);
            if (!(await directlyAtMost(gram, symbol.size, symbol.error, c * c, pace))) return false;
          }
          return true;
        };
        expect(await proves(truth * (1 - 1e-9))).toBe(false);
        expect(await proves(truth * 3 + 1e-9)).toBe(true);
      }),
      { numRuns: 80 },
    );
  });

  it('enlarges a torus on which the borders would meet', () => {
    const convolution = convolutionOf(
      { inputs: 1, outputs: 1, size: [8], kernel: [3], padsBegin: [1], padsEnd: [1] },
      numbersFrom(2),
    );
    expect(directSymbol(convolution, [8]).torus).toEqual([9]);
    expect(directSymbol(convolution, [11]).torus).toEqual([11]);
  });
});

describe('groups', () => {
  it('give the largest of their norms, not the product', async () => {
    const shape = {
      groups: 3,
      inputs: 3,
      outputs: 3,
      size: [30, 30],
      kernel: [3, 3],
      padsBegin: [1, 1],
      padsEnd: [1, 1],
    };
    const weights = numbersFrom(4);
    const whole = convolutionOf(shape, weights);
    const alone = [0, 1, 2].map((g) => ({ ...whole, groups: 1, inputChannels: 1, outputChannels: 1, kernel: whole.kernel.slice(9 * g, 9 * g + 9) })); // prettier-ignore
    const best = async (convolution: Convolution) => {
      let last = { lower: 0, upper: 0 };
      for await (const interval of operatorNorm(convolutionMap(convolution), 'l2', workOf())) last = interval;
      return last;
    };
    const each = [];
    for (const convolution of alone) each.push(await best(convolution));
    const together = await best(whole);
    expect(together.upper).toBeCloseTo(Math.max(...each.map(({ upper }) => upper)), 9);
    expect(together.lower).toBeGreaterThan(Math.max(...each.map(({ lower }) => lower)) * (1 - 1e-3));
  });
});
