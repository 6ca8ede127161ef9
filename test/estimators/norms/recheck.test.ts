import { describe, expect, it } from 'vitest';
import type { Norm, NormInterval } from '../../../core/bound.ts';
import { operatorNorm } from '../../../core/estimators/norms/operator-norm.ts';
import { recheckNorm } from '../../../core/estimators/norms/recheck.ts';
import type { LinearMap } from '../../../core/operators/linear-map.ts';
import { convolutionMap } from '../../../core/operators/maps/convolution-map.ts';
import { denseMap } from '../../../core/operators/maps/dense-map.ts';
import { diagonalMap } from '../../../core/operators/maps/diagonal-map.ts';
import { identityMap, selectionMap } from '../../../core/operators/maps/selection-map.ts';
import { separableMap } from '../../../core/operators/maps/separable-map.ts';
import { type ConvolutionShape, convolutionOf, numbersFrom, workOf } from './small-maps.ts';

async function claimOf(map: LinearMap, norm: Norm): Promise<NormInterval> {
  let best: NormInterval | undefined;
  for await (const interval of operatorNorm(map, norm, workOf())) best = interval;
  return best!;
}

const next = numbersFrom(77);
const numbers = (count: number): Float64Array => Float64Array.from({ length: count }, next);
const matrix = (rows: number, columns: number) => ({ rows, columns, entries: numbers(rows * columns) });
const convolution = (shape: ConvolutionShape, scale = 1) => convolutionMap(convolutionOf(shape, () => scale * next()));
const dense = denseMap(numbers(300), 15, 20);

const maps: readonly (readonly [string, LinearMap])[] = [
  ['a dense layer', dense],
  ['a dense layer of tiny entries', denseMap(numbers(300).map((x) => x * 1e-18), 20, 15)], // prettier-ignore
  ['a dense layer with computed entries', denseMap(numbers(60), 6, 10, 2, 1e-15)],
  ['a convolution that is written down', convolution({ inputs: 2, outputs: 3, size: [5, 6], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] })], // prettier-ignore
  ['a grouped, strided convolution', convolution({ groups: 2, inputs: 4, outputs: 6, size: [7, 7], kernel: [3, 2], strides: [2, 2], padsBegin: [1, 0], padsEnd: [0, 1] })], // prettier-ignore
  ['a convolution of weights whose squares are too large for doubles', convolution({ inputs: 2, outputs: 3, size: [5, 6], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] }, 2 ** 600)], // prettier-ignore
  ['a convolution of weights whose squares are nothing', convolution({ inputs: 3, outputs: 4, size: [24, 22], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] }, 2 ** -600)], // prettier-ignore
  ['a convolution by its frequencies', convolution({ inputs: 3, outputs: 4, size: [24, 22], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] })], // prettier-ignore
  ['a strided convolution by its frequencies', convolution({ inputs: 3, outputs: 4, size: [50, 48], kernel: [5, 3], strides: [2, 2], padsBegin: [2, 1], padsEnd: [2, 1] })], // prettier-ignore
  ['a dilated stem of more outputs than phases', convolution({ inputs: 1, outputs: 8, size: [60, 44], kernel: [3, 3], dilations: [2, 1], strides: [2, 2], padsBegin: [2, 1], padsEnd: [2, 1] })], // prettier-ignore
  ['a convolution by its scalar section', convolution({ inputs: 46, outputs: 46, size: [10, 10], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] })], // prettier-ignore
  ['a selection', selectionMap(Int32Array.of(0, 0, 0, 1, -1), 3)],
  ['a rearrangement', identityMap(9)],
  ['a diagonal', diagonalMap(Float64Array.of(1, -3, 2))],
  ['a pooling', separableMap([3, 4, 4], [{ axis: 1, matrix: matrix(2, 4) }, { axis: 2, matrix: matrix(2, 4) }], 2e-16)], // prettier-ignore
  ['an opaque map', { ...dense, structure: { kind: 'opaque' } }],
];

describe.each(maps)('the recheck of %s', (_, map) => {
  it('confirms an honest claim', async () => {
    for (const norm of ['l1', 'l2', 'linf'] as const) {
      const check = await recheckNorm(map, norm, await claimOf(map, norm), workOf());
      expect(check).toMatchObject({ verdict: 'confirmed' });
    }
  });

  it('refutes an upper end one percent below the truth', async () => {
    for (const norm of ['l1', 'l2', 'linf'] as const) {
      const { lower } = await claimOf(map, norm);
      const check = await recheckNorm(map, norm, { lower: 0, upper: lower * 0.99 }, workOf());
      expect(check.verdict).toBe('refuted');
    }
  });

  it('refutes a lower end one percent above the truth', async () => {
    for (const norm of ['l1', 'l2', 'linf'] as const) {
      const { upper } = await claimOf(map, norm);
      const check = await recheckNorm(map, norm, { lower: upper * 1.01, upper: upper * 2 }, workOf());
      expect(check.verdict).toBe('refuted');
    }
  });
});

describe('a recheck', () => {
  it('confirms zero for a zero layer and refutes anything else', async () => {
    const exact = denseMap(new Float64Array(12), 3, 4);
    const computed = denseMap(new Float64Array(12), 3, 4, 2, 1e-15);
    for (const zero of [exact, computed, { ...exact, structure: { kind: 'opaque' } as const }]) {
      expect(await recheckNorm(zero, 'l2', { lower: 0, upper: 0 }, workOf())).toMatchObject({ verdict: 'confirmed' });
      expect(await recheckNorm(zero, 'l2', { lower: 0.1, upper: 1 }, workOf())).toMatchObject({ verdict: 'refuted' });
    }
  });

  it('refutes an interval that is upside down', async () => {
    expect(await recheckNorm(dense, 'l2', { lower: 2, upper: 1 }, workOf())).toMatchObject({ verdict: 'refuted' });
  });

  it('says that it did not check when its time is over', async () => {
    const large = denseMap(numbers(300 * 300), 300, 300);
    const check = await recheckNorm(large, 'l2', { lower: 0, upper: 1e9 }, workOf(0));
    expect(check.verdict).toBe('not checked');
    expect(check.detail).toContain('time');
  });
});
