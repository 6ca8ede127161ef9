import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Norm, NormInterval } from '../../../core/bound.ts';
import { Cancelled } from '../../../core/compute/work.ts';
import { operatorNorm } from '../../../core/estimators/norms/operator-norm.ts';
import type { LinearMap } from '../../../core/operators/linear-map.ts';
import { convolutionMap } from '../../../core/operators/maps/convolution-map.ts';
import { denseMap } from '../../../core/operators/maps/dense-map.ts';
import { diagonalMap } from '../../../core/operators/maps/diagonal-map.ts';
import { identityMap, selectionMap } from '../../../core/operators/maps/selection-map.ts';
import { separableMap } from '../../../core/operators/maps/separable-map.ts';
import {
  convolutionMatrix,
  convolutionOf,
  materialise,
  lazyEngine,
  numbersFrom,
  singularValues,
  workOf,
} from './small-maps.ts';

async function intervals(map: LinearMap, norm: Norm, seconds = 60): Promise<NormInterval[]> {
  const all: NormInterval[] = [];
  for await (const interval of operatorNorm(map, norm, workOf(seconds))) all.push(interval);
  return all;
}

const best = async (map: LinearMap, norm: Norm = 'l2'): Promise<NormInterval> => (await intervals(map, norm)).at(-1)!;

function truths(matrix: number[][]): Record<Norm, number> {
  const columns = (matrix[0] ?? []).map((_, j) => matrix.reduce((sum, row) => sum + Math.abs(row[j]!), 0));
  return {
    l1: Math.max(0, ...columns),
    l2: singularValues(matrix)[0] ?? 0,
    linf: Math.max(0, ...matrix.map((row) => row.reduce((sum, x) => sum + Math.abs(x), 0))),
  };
}

/** The oracle is right to some 1e-13; certified ends must hold up to that, and never by 1e-9. */
function expectContains(interval: NormInterval, truth: number): void {
  expect(interval.lower).toBeLessThanOrEqual(truth * (1 + 1e-12));
  expect(interval.upper).toBeGreaterThanOrEqual(truth * (1 - 1e-12));
  expect(interval.lower).toBeLessThanOrEqual(interval.upper);
}

const randomConvolution = fc
  .record({
    axes: fc.integer({ min: 1, max: 3 }),
    groups: fc.integer({ min: 1, max: 3 }),
    perGroup: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    seed: fc.integer({ min: 1, max: 1e6 }),
    numbers: fc.array(fc.nat(1000), { minLength: 18, maxLength: 18 }),
  })
  .map(({ axes, groups, perGroup, seed, numbers }) => {
    const pick = (axis: number, what: number, from: number, to: number): number =>
      from + (numbers[axis * 6 + what]! % (to - from + 1));
    const each = (what: number, from: number, to: number): number[] =>
      Array.from({ length: axes }, (_, axis) => pick(axis, what, from, to));
    const kernel = each(0, 1, 4);
    const dilations = each(1, 1, 2);
    const reach = kernel.map((k, a) => dilations[a]! * (k - 1) + 1);
    const size = each(2, axes === 3 ? 2 : 3, axes === 1 ? 14 : axes === 2 ? 6 : 4);
    const padsBegin = each(3, 0, 3);
    // Large enough that at least one window fits.
    const padsEnd = each(4, 0, 2).map((pad, a) => Math.max(pad, reach[a]! - size[a]! - padsBegin[a]!));
    const next = numbersFrom(seed);
    return convolutionOf(
      {
        groups,
        inputs: groups * perGroup[0],
        outputs: groups * perGroup[1],
        size,
        kernel,
        strides: each(5, 1, 3),
        dilations,
        padsBegin,
        padsEnd,
      },
      next,
    );
  });

describe('the norm of a dense map', () => {
  it('is closed to 1e-9 around the largest singular value, for any shape', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 14 }),
        fc.integer({ min: 1, max: 14 }),
        fc.nat(1e6),
        async (m, n, seed) => {
          const map = denseMap(Float64Array.from({ length: m * n }, numbersFrom(seed)), m, n);
          const truth = truths(materialise(map));
          for (const norm of ['l1', 'l2', 'linf'] as const) {
            const all = await intervals(map, norm);
            for (const interval of all) expectContains(interval, truth[norm]);
            expect(all.at(-1)!.upper / all.at(-1)!.lower).toBeLessThan(1 + 1e-9);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([1e-300, 1e-18, 1e17, 1e150])('scales with entries of size %d', async (scale) => {
    const next = numbersFrom(5);
    const entries = Float64Array.from({ length: 90 }, next);
    const plain = singularValues(materialise(denseMap(entries, 9, 10)))[0]!;
    const { lower, upper } = await best(denseMap(entries.map((x) => x * scale), 9, 10)); // prettier-ignore
    expect(lower / scale).toBeGreaterThan(plain * (1 - 1e-9));
    expect(upper / scale).toBeLessThan(plain * (1 + 1e-9));
    expect(lower).toBeLessThanOrEqual(upper);
  });

  it('copes with entries of 1e-18 and 1e17 in one matrix', async () => {
    const { lower, upper } = await best(denseMap(Float64Array.of(1e-18, 1e17, 1e-18, 1e-18), 2, 2));
    expect(lower).toBeLessThanOrEqual(1e17);
    expect(upper).toBeGreaterThanOrEqual(1e17);
    expect(upper / lower).toBeLessThan(1 + 1e-9);
  });

  it('is exactly zero for a zero matrix', async () => {
    expect(await best(denseMap(new Float64Array(20), 5, 4))).toMatchObject({ lower: 0, upper: 0 });
  });

  it('is |u| |v| for a matrix of rank 1', async () => {
    const u = Float64Array.from({ length: 20 }, numbersFrom(1));
    const v = Float64Array.from({ length: 30 }, numbersFrom(2));
    const truth = Math.hypot(...u) * Math.hypot(...v);
    const interval = await best(denseMap(Float64Array.from({ length: 600 }, (_, at) => u[Math.floor(at / 30)]! * v[at % 30]!), 20, 30)); // prettier-ignore
    expectContains(interval, truth);
    expect(interval.upper / interval.lower).toBeLessThan(1 + 1e-9);
  });

  it('sees the largest singular value even where the start of the iteration does not', async () => {
    // diag(1, 1 + 1e-7): power iteration stalls on any mixture; the factorisation does not.
    const { lower, upper } = await best(denseMap(Float64Array.of(1, 0, 0, 1 + 1e-7), 2, 2));
    expect(upper).toBeGreaterThanOrEqual(1 + 1e-7);
    expect(upper / lower).toBeLessThan(1 + 1e-9);
  });

  it('widens by the error of the entries', async () => {
    const exact = await best(denseMap(Float64Array.of(3, 0, 0, 2), 2, 2));
    const inexact = await best(denseMap(Float64Array.of(3, 0, 0, 2), 2, 2, 1, 1e-6));
    expect(inexact.upper).toBeGreaterThan(3 * (1 + 1e-6));
    expect(inexact.lower).toBeLessThan(3 * (1 - 0.99e-6));
    expect(exact.upper).toBeLessThan(3 * (1 + 1e-9));
  });
});

describe('the norm of a convolution', () => {
  it('contains the truth in every interval on the way, and ends exact when the operator is small', async () => {
    await fc.assert(
      fc.asyncProperty(randomConvolution, fc.boolean(), async (convolution, transposed) => {
        const matrix = convolutionMatrix(convolution);
        const truth = truths(matrix);
        const map = convolutionMap(transposed ? { ...convolution, direction: 'transposed' } : convolution);
        const expected = transposed ? { l1: truth.linf, l2: truth.l2, linf: truth.l1 } : truth;
        for (const norm of ['l1', 'l2', 'linf'] as const) {
          const all = await intervals(map, norm);
          for (const interval of all) expectContains(interval, expected[norm]);
          expect(all.at(-1)!.upper).toBeLessThanOrEqual(all.at(-1)!.lower * (1 + 1e-9));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('never gets worse from one interval to the next', async () => {
    const next = numbersFrom(3);
    const convolution = convolutionOf(
      { inputs: 8, outputs: 8, size: [40, 40], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] },
      next,
    );
    const all = await intervals(convolutionMap(convolution), 'l2');
    expect(all.length).toBeGreaterThan(3);
    all.slice(1).forEach((interval, i) => {
      expect(interval.lower).toBeGreaterThanOrEqual(all[i]!.lower);
      expect(interval.upper).toBeLessThanOrEqual(all[i]!.upper);
    });
  });
});

describe('a convolution of tiny or huge weights', () => {
  // One that is written down, and one that goes through its frequencies.
  it.each([6, 50])('scales with them, on %d x %d pixels', async (size) => {
    const convolution = convolutionOf(
      { inputs: 4, outputs: 4, size: [size, size], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] },
      numbersFrom(8),
    );
    const plain = await best(convolutionMap(convolution));
    for (const scale of [1e-300, 1e-18, 1e17, 1e150]) {
      const { lower, upper } = await best(
        convolutionMap({ ...convolution, kernel: convolution.kernel.map((weight) => weight * scale) }),
      );
      expect(lower / scale / plain.lower).toBeCloseTo(1, 3);
      expect(upper / scale / plain.upper).toBeCloseTo(1, 3);
      expect(lower).toBeLessThanOrEqual(upper);
    }
  });

  it('is exactly zero when all weights are', async () => {
    const convolution = convolutionOf({ inputs: 2, outputs: 2, size: [40, 40], kernel: [3, 3] }, () => 0);
    expect(await best(convolutionMap(convolution))).toMatchObject({ lower: 0, upper: 0 });
  });
});

describe('the norm of the other structures', () => {
  it('is exact for a rearrangement, and the root of the copies for an expansion', async () => {
    expect(await best(identityMap(7))).toMatchObject({ lower: 1, upper: 1 });
    expect(await best(selectionMap(Int32Array.of(0, 0, 0, 0, 1, -1), 2))).toMatchObject({ lower: 2, upper: 2 });
    const thrice = await best(selectionMap(Int32Array.of(0, 0, 0), 1));
    expectContains(thrice, Math.sqrt(3));
  });

  it('is the largest entry of a diagonal', async () => {
    for (const norm of ['l1', 'l2', 'linf'] as const)
      expect(await best(diagonalMap(Float64Array.of(0.5, -3, 1)), norm)).toMatchObject({ lower: 3, upper: 3 });
  });

  it('is the product over the factors of a separable map', async () => {
    const next = numbersFrom(8);
    const factor = (rows: number, columns: number) => ({
      rows,
      columns,
      entries: Float64Array.from({ length: rows * columns }, next),
    });
    const map = separableMap(
      [3, 2, 2, 3],
      [factor(2, 3), factor(4, 2), factor(1, 3)].map((matrix, i) => ({ axis: [0, 1, 3][i]!, matrix })),
    );
    const truth = truths(materialise(map));
    for (const norm of ['l1', 'l2', 'linf'] as const) {
      const interval = await best(map, norm);
      expectContains(interval, truth[norm]);
      expect(interval.upper / interval.lower).toBeLessThan(1 + 1e-9);
    }
  });

  it('is closed for a small map that can only be applied', async () => {
    const dense = denseMap(Float64Array.from({ length: 60 }, numbersFrom(4)), 6, 10);
    const interval = await best({ ...dense, structure: { kind: 'opaque' } });
    expectContains(interval, truths(materialise(dense)).l2);
    expect(interval.upper / interval.lower).toBeLessThan(1 + 1e-9);
  });
});

describe('a cancelled computation', () => {
  it('ends with the cancellation, not with an answer', async () => {
    const convolution = convolutionOf(
      { inputs: 16, outputs: 16, size: [48, 48], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] },
      numbersFrom(6),
    );
    const work = { engine: lazyEngine, remainingSeconds: () => 60, breathe: () => Promise.reject(new Cancelled()) };
    const consume = async (): Promise<void> => {
      for await (const interval of operatorNorm(convolutionMap(convolution), 'l2', work))
        expect(interval.upper).toBeGreaterThan(interval.lower);
    };
    await expect(consume()).rejects.toBeInstanceOf(Cancelled);
  });
});

describe('a spent budget', () => {
  it('still gives a certified interval', async () => {
    const convolution = convolutionOf(
      { inputs: 32, outputs: 32, size: [28, 28], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] },
      numbersFrom(6),
    );
    const all = await intervals(convolutionMap(convolution), 'l2', 0);
    expect(all.length).toBeGreaterThan(0);
    expect(all[0]!.lower).toBeGreaterThan(0);
    expect(all[0]!.upper).toBeLessThan(Number.POSITIVE_INFINITY);
  });
});
