import { describe, expect, it } from 'vitest';
import type { NormInterval } from '../../../core/bound.ts';
import { layerDetails } from '../../../core/estimators/norms/layer-details.ts';
import { operatorNorm } from '../../../core/estimators/norms/operator-norm.ts';
import type { LinearMap } from '../../../core/operators/linear-map.ts';
import { convolutionMap } from '../../../core/operators/maps/convolution-map.ts';
import { denseMap } from '../../../core/operators/maps/dense-map.ts';
import { diagonalMap } from '../../../core/operators/maps/diagonal-map.ts';
import { selectionMap } from '../../../core/operators/maps/selection-map.ts';
import { stackedMap } from '../../../core/operators/maps/stacked-map.ts';
import { separableMap } from '../../../core/operators/maps/separable-map.ts';
import { convolutionOf, materialise, numbersFrom, singularValues, workOf } from './small-maps.ts';

async function l2Of(map: LinearMap): Promise<NormInterval> {
  let best: NormInterval | undefined;
  for await (const interval of operatorNorm(map, 'l2', workOf())) best = interval;
  return best!;
}

const next = numbersFrom(12);
const numbers = (count: number): Float64Array => Float64Array.from({ length: count }, next);
const factor = (rows: number, columns: number) => ({ rows, columns, entries: numbers(rows * columns) });
const padded = convolutionOf(
  {
    groups: 2,
    inputs: 4,
    outputs: 6,
    size: [5, 6],
    kernel: [3, 2],
    strides: [2, 1],
    dilations: [1, 2],
    padsBegin: [1, 2],
    padsEnd: [0, 1],
  },
  next,
);

const maps: readonly (readonly [string, LinearMap])[] = [
  ['a wide matrix', denseMap(numbers(35), 5, 7)],
  ['a tall matrix side by side twice', denseMap(numbers(35), 7, 5, 2)],
  ['a matrix of rank 1', denseMap(Float64Array.from({ length: 12 }, (_, at) => ((at % 4) + 1) * 0.3 ** Math.floor(at / 4)), 3, 4)], // prettier-ignore
  ['a diagonal', diagonalMap(Float64Array.of(2, -0.5, 3))],
  ['a selection that drops an input', selectionMap(Int32Array.of(0, 2, 2, -1), 3)],
  ['a selection of fewer outputs', selectionMap(Int32Array.of(2, 0), 4)],
  ['a separable map', separableMap([3, 2, 4], [{ axis: 0, matrix: factor(2, 3) }, { axis: 2, matrix: factor(3, 4) }])], // prettier-ignore
  ['a separable map that is wide here and tall there', separableMap([3, 2], [{ axis: 0, matrix: factor(2, 3) }, { axis: 1, matrix: factor(3, 2) }])], // prettier-ignore
  ['a padded, strided, dilated, grouped convolution', convolutionMap(padded)],
  ['a stack of matrices, of which one is used twice', stackedMap('right', { rows: 2, inner: 3, columns: 4 }, Int32Array.of(0, 1, 2), Int32Array.of(0, 1, 0), numbers(24), 18)], // prettier-ignore
  ['its transpose', convolutionMap({ ...padded, direction: 'transposed' })],
];

describe('the details of a layer agree with the singular values of the matrix written down', () => {
  it.each(maps)('%s', async (_, map) => {
    const matrix = materialise(map);
    const values = singularValues(matrix);
    const frobenius = Math.sqrt(matrix.flat().reduce((sum, x) => sum + x * x, 0));
    const details = await layerDetails(map, await l2Of(map), workOf());
    expect(details.frobenius! / frobenius).toBeCloseTo(1, 12);
    expect(details.stableRank! / (frobenius / values[0]!) ** 2).toBeCloseTo(1, 8);
    expect(Math.abs(details.smallest!.value - values.at(-1)!)).toBeLessThan(1e-12 * values[0]!);
    const gap = Math.max(...values.map((value) => Math.abs(value * value - 1)));
    expect(Math.abs(details.orthogonalityGap! - gap)).toBeLessThan(1e-8 * Math.max(1, gap));
  });
});

describe('the norm of the kernel', () => {
  it('is that of the kernel reshaped with output channels first, as PyTorch does', async () => {
    const rows = Array.from({ length: 6 }, (_, o) => [...padded.kernel.subarray(o * 12, (o + 1) * 12)]);
    const map = convolutionMap(padded);
    const details = await layerDetails(map, await l2Of(map), workOf());
    expect(details.kernelNorm).toBeCloseTo(singularValues(rows)[0]!, 9);
  });

  it('takes axis 1 of the weight of a transposed convolution first', async () => {
    const map = convolutionMap({ ...padded, direction: 'transposed' });
    const rows = [0, 1].map((c) => Array.from({ length: 36 }, (_, at) => padded.kernel[Math.floor(at / 6) * 12 + c * 6 + (at % 6)]!)); // prettier-ignore
    const details = await layerDetails(map, await l2Of(map), workOf());
    expect(details.kernelNorm).toBeCloseTo(singularValues(rows)[0]!, 9);
  });

  it('is absent for anything but a convolution', async () => {
    const map = denseMap(numbers(6), 2, 3);
    expect(await layerDetails(map, await l2Of(map), workOf())).not.toHaveProperty('kernelNorm');
  });
});

it('a zero layer has details without a stable rank', async () => {
  const map = denseMap(new Float64Array(6), 2, 3);
  expect(await layerDetails(map, await l2Of(map), workOf())).toEqual({
    frobenius: 0,
    smallest: { value: 0, rigor: 'numerical' },
    orthogonalityGap: 1,
  });
});
