import { describe, expect, it } from 'vitest';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { spectrumOf } from '../../../core/estimators/norms/spectrum.ts';
import type { LinearMap } from '../../../core/operators/linear-map.ts';
import { convolutionMap } from '../../../core/operators/maps/convolution-map.ts';
import { denseMap } from '../../../core/operators/maps/dense-map.ts';
import { diagonalMap } from '../../../core/operators/maps/diagonal-map.ts';
import { selectionMap } from '../../../core/operators/maps/selection-map.ts';
import { separableMap } from '../../../core/operators/maps/separable-map.ts';
import { convolutionOf, materialise, numbersFrom, singularValues, workOf } from './small-maps.ts';

const next = numbersFrom(31);
const numbers = (count: number): Float64Array => Float64Array.from({ length: count }, next);
const factor = (rows: number, columns: number) => ({ rows, columns, entries: numbers(rows * columns) });
const geometry = { groups: 2, inputs: 4, outputs: 6, size: [5, 6], kernel: [3, 2], strides: [2, 1], dilations: [1, 2], padsBegin: [1, 2], padsEnd: [0, 1] }; // prettier-ignore
const grouped = convolutionOf(geometry, next);
const rotation = Float64Array.of(0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1);
const spectrum = (map: LinearMap) => spectrumOf(map, new Pace(workOf()));

const maps: readonly (readonly [string, LinearMap])[] = [
  ['a wide matrix', denseMap(numbers(35), 5, 7)],
  ['a tall matrix side by side twice', denseMap(numbers(35), 7, 5, 2)],
  ['a matrix of rank 1', denseMap(Float64Array.from({ length: 12 }, (_, at) => ((at % 4) + 1) * 0.3 ** Math.floor(at / 4)), 3, 4)], // prettier-ignore
  ['a rotation, all of whose values are 1', denseMap(rotation, 3, 3)],
  ['nothing but zeros', denseMap(new Float64Array(12), 3, 4)],
  ['a larger matrix', denseMap(numbers(60 * 45), 60, 45)],
  ['a diagonal', diagonalMap(Float64Array.of(2, -0.5, 3))],
  ['a selection that drops an input', selectionMap(Int32Array.of(0, 2, 2, -1), 3)],
  ['a separable map', separableMap([3, 2, 4], [{ axis: 0, matrix: factor(2, 3) }, { axis: 2, matrix: factor(3, 4) }])], // prettier-ignore
  ['a separable map that is wide here and tall there', separableMap([3, 2], [{ axis: 0, matrix: factor(2, 3) }, { axis: 1, matrix: factor(3, 2) }])], // prettier-ignore
  ['a padded, strided, dilated, grouped convolution', convolutionMap(grouped)],
  ['its transpose', convolutionMap({ ...grouped, direction: 'transposed' })],
];

describe('the spectrum of a layer is that of the matrix written down', () => {
  it.each(maps)('%s', async (_, map) => {
    const truth = singularValues(materialise(map));
    const largest = truth[0]!;
    const { count, leading, histogram, pair } = await spectrum(map);
    expect(count).toBe(truth.length);
    expect(leading).toHaveLength(Math.min(truth.length, 32));
    leading.forEach((value, k) => expect(Math.abs(value - truth[k]!)).toBeLessThanOrEqual(1e-13 * largest));
    expect(histogram.rigor).toBe('numerical');
    expect(histogram.counts.reduce((sum, own) => sum + own, 0)).toBe(truth.length);
    const image = map.apply(pair.input);
    image.forEach((value, i) =>
      expect(Math.abs(value - largest * pair.output[i]!)).toBeLessThanOrEqual(1e-6 * largest),
    );
  });
});

it('tiny and huge entries have tiny and huge singular values', async () => {
  const entries = numbers(30);
  const { leading } = await spectrum(denseMap(entries, 5, 6));
  for (const factor of [2 ** -700, 2 ** 700]) {
    const scaled = await spectrum(denseMap(entries.map((value) => value * factor), 5, 6)); // prettier-ignore
    scaled.leading.forEach((value, k) => expect(value / factor / leading[k]!).toBeCloseTo(1, 12));
    expect(scaled.pair.output.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 10);
  }
});

describe('a convolution that is too large to write down', () => {
  // All taps 1: along each axis the matrix with 1 on and beside the diagonal, whose eigenvalues are 1 + 2 cos(k pi / (n + 1)).
  const size = 41;
  const along = Array.from({ length: size }, (_, k) => Math.abs(1 + 2 * Math.cos(((k + 1) * Math.PI) / (size + 1))));
  const truth = along.flatMap((a) => along.map((b) => a * b)).sort((a, b) => b - a);
  const map = convolutionMap({
    ...convolutionOf({ groups: 1, inputs: 1, outputs: 1, size: [size, size], kernel: [3, 3], strides: [1, 1], dilations: [1, 1], padsBegin: [1, 1], padsEnd: [1, 1] }, next), // prettier-ignore
    kernel: new Float64Array(9).fill(1),
  });

  it('has the leading values of the closed form, each at least once', async () => {
    const { count, leading } = await spectrum(map);
    expect(count).toBe(size * size);
    expect(leading.length).toBeGreaterThan(3);
    const distinct = truth.filter((value, k) => k === 0 || truth[k - 1]! - value > 1e-9);
    leading.forEach((value, k) => expect(Math.abs(value - distinct[k]!)).toBeLessThan(1e-5));
  });

  it('has about so many values in every bin as the closed form, and says that it is an estimate', async () => {
    const { histogram } = await spectrum(map);
    expect(histogram.rigor).toBe('estimate');
    histogram.edges.slice(1).forEach((edge, bin) => {
      const below = truth.filter((value) => value < edge).length / truth.length;
      const seen = histogram.counts.slice(0, bin + 1).reduce((sum, own) => sum + own, 0) / truth.length;
      expect(Math.abs(seen - below)).toBeLessThan(0.06);
    });
  });
});
