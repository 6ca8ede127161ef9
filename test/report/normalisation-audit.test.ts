import { expect, test } from 'vitest';
import { normalisationNotes } from '../../core/report/normalisation-audit.ts';
import type { LayerEntry } from '../../core/report/inspection.ts';

const layer = (
  name: string,
  kind: string,
  [lower, upper]: readonly [number, number | null],
  more: Partial<LayerEntry> = {},
): LayerEntry => ({
  id: name,
  name,
  op: kind === 'conv' ? 'Conv' : 'Gemm',
  kind,
  inputShape: [1, 8],
  outputShape: [1, 8],
  parameters: 64,
  norms: { l2: { lower, upper, rigor: 'certified', method: 'svd' } },
  share: null,
  ...more,
});

test('layers at one constant are said to hold it, and by how much they pass it', () => {
  const layers = [layer('a', 'dense', [1.0004, 1.0004]), layer('b', 'dense', [0.9999, 0.9999])];
  expect(normalisationNotes(layers)).toEqual([
    'Spectral normalisation at 1 holds for 2 layers: the largest norm is <0.1 % above it.',
  ]);
});

test('a kernel normalised as a matrix does not make the convolution so: the excess is that of the certified lower end', () => {
  const layers = [
    layer('a', 'conv', [2.38, 2.41], { kernelNorm: 1 }),
    layer('b', 'conv', [1.5, 1.51], { kernelNorm: 1.001 }),
    layer('c', 'dense', [1, 1]),
  ];
  expect(normalisationNotes(layers)).toEqual([
    'Spectral normalisation at 1 holds for 1 layer: none is above it.',
    'Spectral normalisation at 1 does not hold for 2 layers: a stretches by at least 2.38, 138 % more, because it was applied to the kernel as a matrix, whose norm is 1.',
  ]);
});

test('any other constant that half of the layers share is found too, and the layers without are named', () => {
  const layers = [
    layer('a', 'dense', [3, 3]),
    layer('b', 'dense', [3.003, 3.003]),
    layer('c', 'dense', [3.01, 3.01]),
    layer('head', 'dense', [7.2, 7.3]),
    layer('small', 'dense', [0.4, 0.4]),
  ];
  expect(normalisationNotes(layers).join('\n')).toMatch(
    /at 3 holds for 3 layers[^]*above it: head \(at most 7\.30?\)\./,
  );
});

test('an interval that has the constant inside it leaves the question open', () => {
  const layers = [layer('a', 'conv', [0.9, 2.5], { kernelNorm: 1 }), layer('b', 'dense', [1, 1])];
  expect(normalisationNotes(layers)).toContain(
    'Whether spectral normalisation at 1 holds is open for 1 layer: a stretches by 0.9 to 2.5.',
  );
});

test('a telling name is enough, and then a layer without a finite constant is passed over', () => {
  const named = { hints: { className: 'SpectralNormConv2d' } };
  expect(normalisationNotes([layer('a', 'conv', [1.8, 1.8], named), layer('b', 'dense', [0, null])])).toEqual([
    'Spectral normalisation at 1 does not hold for 1 layer: a stretches by at least 1.8, 80 % more.',
  ]);
});

test('nothing is said of networks that show no sign of it', () => {
  expect(
    normalisationNotes([layer('a', 'dense', [2, 2]), layer('b', 'dense', [5, 5]), layer('c', 'conv', [9, 9])]),
  ).toEqual([]);
  expect(normalisationNotes([layer('a', 'dense', [1, 1])])).toEqual([]);
  expect(normalisationNotes([])).toEqual([]);
});
