import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { borderedNorm } from '../../../core/estimators/norms/bordered.ts';
import { operatorNorm } from '../../../core/estimators/norms/operator-norm.ts';
import type { LinearMap, Product } from '../../../core/operators/linear-map.ts';
import { borderedKernel, borderedMap } from '../../../core/operators/maps/bordered-map.ts';
import { padSource, reach } from '../../../core/operators/padding.ts';
import { materialise, numbersFrom, singularValues, workOf } from './small-maps.ts';

interface Shape {
  readonly mode: 'reflect' | 'edge';
  readonly channels: readonly [number, number];
  readonly groups?: number;
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly strides?: readonly number[];
  readonly before: readonly number[];
  readonly behind: readonly number[];
}

function bordered(shape: Shape, weight: (index: number) => number): LinearMap & { readonly product: Product } {
  const { mode, channels, size, kernel, before, behind, groups = 1 } = shape;
  const strides = shape.strides ?? size.map(() => 1);
  const padded = size.map((length, axis) => length + before[axis]! + behind[axis]!);
  const [inputChannels, outputChannels] = [channels[0] * groups, channels[1] * groups];
  const weights = outputChannels * channels[0] * kernel.reduce((count, taps) => count * taps, 1);
  const none = size.map(() => 0);
  const borders = before.map((begin, axis) => ({ begin, end: behind[axis]! }));
  const source = padSource(
    [1, inputChannels, ...size],
    [1, inputChannels, ...padded],
    [{ begin: 0, end: 0 }, { begin: 0, end: 0 }, ...borders],
    reach[mode]!,
  );
  const whole = {
    convolution: {
      direction: 'forward' as const,
      repeats: 1,
      groups,
      inputChannels,
      outputChannels,
      inputSize: padded,
      outputSize: padded.map((length, axis) => Math.floor((length - kernel[axis]!) / strides[axis]!) + 1),
      kernelSize: kernel,
      strides,
      dilations: size.map(() => 1),
      padsBegin: none,
      padsEnd: none,
      kernel: Float64Array.from({ length: weights }, (_, index) => weight(index)),
    },
    source,
    columns: size.reduce((count, length) => count * length, inputChannels),
    imageSize: size,
  };
  const map = borderedMap(whole, borderedKernel(whole, 0)!);
  const { structure } = map;
  return { ...map, product: structure.kind === 'opaque' ? structure.product! : expect.fail('it is a product') };
}

/** However small it is: the way of the large ones. */
async function asLarge({ product, ...map }: ReturnType<typeof bordered>) {
  let [lower, upper] = [0, Number.POSITIVE_INFINITY];
  for await (const found of borderedNorm(map, product.blocks, 1e4, new Pace(workOf()))) {
    lower = Math.max(lower, found.lower ?? 0);
    upper = Math.min(upper, found.upper ?? upper);
  }
  return { lower, upper };
}

describe('a convolution of an input that is continued by copies', () => {
  it('has its norm within a percent, whatever its borders, strides and groups', async () => {
    const cases = fc.record({
      mode: fc.constantFrom('reflect' as const, 'edge' as const),
      channels: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      groups: fc.integer({ min: 1, max: 2 }),
      axes: fc.integer({ min: 1, max: 3 }),
      numbers: fc.array(fc.nat(1000), { minLength: 15, maxLength: 15 }),
      seed: fc.nat(1e6),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ axes, numbers, seed, ...rest }) => {
        const each = (what: number, from: number, to: number): number[] =>
          Array.from({ length: axes }, (_, axis) => from + (numbers[axis * 5 + what]! % (to - from + 1)));
        const size = each(0, 3, axes === 1 ? 30 : axes === 2 ? 7 : 4);
        const shape = { size, kernel: each(1, 1, 3), strides: each(2, 1, 2), before: each(3, 0, 2), behind: each(4, 0, 2) }; // prettier-ignore
        const map = bordered({ ...rest, ...shape }, numbersFrom(seed));
        const truth = singularValues(materialise(map))[0]!;
        const { lower, upper } = await asLarge(map);
        expect(upper).toBeGreaterThanOrEqual(truth * (1 - 1e-12));
        expect(lower).toBeLessThanOrEqual(truth * (1 + 1e-12));
        expect(upper).toBeLessThan(truth * 1.01 + 1e-9);
        expect(lower).toBeGreaterThan(truth * 0.99);
      }),
      { numRuns: 60 },
    );
  });

  it('of one channel repeated at the ends of a line keeps what the kernel sums to, in several blocks of the band', async () => {
    // Repeated once on both sides, (1, 2, 1) / 4 is a diagonal matrix in the basis of the cosine transform (DCT-II): its norm is 1.
    const map = bordered(
      { mode: 'edge', channels: [1, 1], size: [3000], kernel: [3], before: [1], behind: [1] },
      (index) => [0.25, 0.5, 0.25][index]!,
    );
    const { upper } = await asLarge(map);
    expect(upper).toBeGreaterThanOrEqual(1);
    expect(upper).toBeLessThan(1.003);
  });

  it('is certified within two percent on an image of 32 x 32 with eight channels, and scaled weights change nothing', async () => {
    const shape = {
      mode: 'reflect',
      channels: [8, 8],
      size: [32, 32],
      kernel: [3, 3],
      before: [1, 1],
      behind: [1, 1],
    } as const;
    const widths: number[] = [];
    for (const scale of [1, 2 ** -80, 2 ** 300, 2 ** 600, 2 ** -600]) {
      const next = numbersFrom(3);
      for await (const { lower, upper } of operatorNorm(
        bordered(shape, () => scale * next()),
        'l2',
        workOf(),
      ))
        // prettier-ignore
        widths.push(upper / lower);
      expect(widths.at(-1)).toBeLessThan(1.02);
    }
  });
});
