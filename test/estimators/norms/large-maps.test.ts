import { describe, expect, it } from 'vitest';
import { operatorNorm } from '../../../core/estimators/norms/operator-norm.ts';
import type { LinearMap } from '../../../core/operators/linear-map.ts';
import { convolutionMap } from '../../../core/operators/maps/convolution-map.ts';
import { denseMap } from '../../../core/operators/maps/dense-map.ts';
import { convolutionOf, numbersFrom, workOf } from './small-maps.ts';

async function best(map: LinearMap) {
  const all = [];
  for await (const interval of operatorNorm(map, 'l2', workOf())) all.push(interval);
  for (const [at, { lower, upper }] of all.entries()) {
    expect(lower).toBeLessThanOrEqual(upper);
    if (at > 0) expect(upper).toBeLessThanOrEqual(all[at - 1]!.upper);
  }
  return all.at(-1)!;
}

/** Large enough for blocks, products by the runtime and vector kernels; with norms that are known without computing. */
describe.each([1, 1e-18, 1e17, 2 ** -500])('matrices of 260 rows, scaled by %s,', (scale) => {
  const n = 260;
  const dense = (entry: (i: number, j: number) => number): LinearMap =>
    denseMap(
      Float64Array.from({ length: n * n }, (_, at) => scale * entry(Math.floor(at / n), at % n)),
      n,
      n,
    );

  it.each([
    ['zero', () => 0, 0],
    ['of rank one', (i: number, j: number) => ((i % 3) - 1) * ((j % 5) - 2), undefined],
    // A reflection I - 2 v v' at the vector of ones.
    ['orthogonal', (i: number, j: number) => (i === j ? 1 : 0) - 2 / n, 1],
  ] as const)('%s, have the norm of their formula', async (_, entry, norm) => {
    const square = (of: (i: number) => number): number => Math.sqrt(Array.from({ length: n }, (__, i) => of(i) ** 2).reduce((a, b) => a + b)); // prettier-ignore
    const truth = scale * (norm ?? square((i) => (i % 3) - 1) * square((j) => (j % 5) - 2));
    const { lower, upper } = await best(dense(entry));
    expect(lower).toBeLessThanOrEqual(truth * (1 + 1e-12));
    expect(upper).toBeGreaterThanOrEqual(truth * (1 - 1e-12));
    expect(upper - lower).toBeLessThanOrEqual(1e-7 * truth);
  });
});

describe.each([1, 1e-18, 1e17])('convolutions of 70 channels on 20 x 20 pixels, scaled by %s,', (scale) => {
  const conv = (weight: (index: number) => number): LinearMap =>
    convolutionMap(
      convolutionOf(
        { inputs: 70, outputs: 70, size: [20, 20], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] },
        (index) => scale * weight(index),
      ),
    );

  it('of zeros have the norm 0', async () => {
    expect(await best(conv(() => 0))).toMatchObject({ lower: 0, upper: 0 });
  });

  it('of ones have 70 times that of one channel, (1 + 2 cos(pi / 21))^2', async () => {
    const truth = scale * 70 * (1 + 2 * Math.cos(Math.PI / 21)) ** 2;
    const { lower, upper } = await best(conv(() => 1));
    expect(lower).toBeLessThanOrEqual(truth * (1 + 1e-12));
    expect(upper).toBeGreaterThanOrEqual(truth * (1 - 1e-12));
    expect(upper / lower).toBeLessThan(1.005);
  });
});

it('NaN proves nothing, small or large', async () => {
  const next = numbersFrom(1);
  const entries = Float64Array.from({ length: 260 * 260 }, next);
  entries[777] = Number.NaN;
  for await (const { upper } of operatorNorm(denseMap(entries, 260, 260), 'l2', workOf()))
    expect(Number.isFinite(upper)).toBe(false);
});
