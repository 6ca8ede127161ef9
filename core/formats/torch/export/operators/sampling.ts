import { float, NotUnderstood, type Builder } from '../builder.ts';
import { alongAxis } from './along-axis.ts';
import { sizesIn, sizesTensor } from './sizes.ts';
import type { Translation, Translations } from './translation.ts';

type Mode = 'nearest' | 'linear' | 'cubic';

/** How far apart its samples lie, where the call says so and it is not what the sizes say. */
function factorsOf(b: Builder, axes: number): readonly number[] {
  const given = b.numbers('scale_factors', []);
  if (given.length > 0) return given;
  const names = axes === 1 ? ['scales'] : ['scales_d', 'scales_h', 'scales_w'].slice(3 - axes);
  const each = names.map((name) => b.argument(name));
  return each.every((factor) => typeof factor === 'number') ? each : [];
}

function resize(
  b: Builder,
  mode: Mode,
  corners: string,
  further: Readonly<Record<string, number | string>> = {},
): void {
  const self = b.tensor(b.argument('self') === undefined ? 'input' : 'self');
  const axes = b.rank(self) - 2;
  const factors = factorsOf(b, axes);
  const wanted = b.numbers('output_size', []);
  const attributes = {
    mode,
    coordinate_transformation_mode: corners,
    ...(mode === 'nearest' ? { nearest_mode: 'floor' } : {}),
    ...(mode === 'cubic' ? { cubic_coeff_a: float(-0.75) } : {}),
    ...further,
  };
  const fits = wanted.every((size, axis) => size === Math.floor(b.size(self, axis + 2) * factors[axis]!));
  if (factors.length > 0 && fits) {
    b.finish('Resize', [self, '', b.numbersConstant([axes + 2], [1, 1, ...factors])], attributes);
    return;
  }
  b.finish('Resize', [self, '', '', b.integers(wanted)], { ...attributes, axes: wanted.map((_, axis) => axis + 2) });
}

const smooth =
  (mode: 'linear' | 'cubic'): Translation =>
  (b) =>
    resize(b, mode, b.flag('align_corners') ? 'align_corners' : 'pytorch_half_pixel');

/** Kernels of Pillow: a triangle, and Keys' cubic with the slope -1/2, which is another one than that of other resizing. */
const kernels = {
  linear: { reach: 1, at: (x: number) => Math.max(0, 1 - x) },
  cubic: {
    reach: 2,
    at: (x: number) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0),
  },
} as const;

/** Where it shrinks, kernels are as wide as what they stand for: a matrix along each axis. */
const antialiased =
  (mode: keyof typeof kernels): Translation =>
  (b) => {
    if (b.flag('align_corners')) throw new NotUnderstood('it aligns corners and widens its kernels');
    const self = b.tensor(b.argument('self') === undefined ? 'input' : 'self');
    const sizes = b.lastSizes(self, b.rank(self) - 2);
    const factors = factorsOf(b, sizes.length);
    const wanted = b.numbers('output_size', sizes.map((size, axis) => Math.floor(size * (factors[axis] ?? 1)))); // prettier-ignore
    const resized = wanted.reduce(
      (from, outputs, axis) =>
        alongAxis(b, from, axis + 2, sizes.length + 2, [sizes[axis]!, outputs], (matrix) =>
          fillWeights(matrix, sizes[axis]!, outputs, 1 / (factors[axis] ?? outputs / sizes[axis]!), kernels[mode]),
        ),
      self,
    );
    b.finish('Identity', [resized]);
  };

/** Weights of all inputs for each output, which add up to 1. */
function fillWeights(
  matrix: number[],
  inputs: number,
  outputs: number,
  step: number,
  { reach, at }: (typeof kernels)[keyof typeof kernels],
): void {
  const wide = Math.max(step, 1);
  for (let o = 0; o < outputs; o++) {
    const centre = step * (o + 0.5);
    const first = Math.max(0, Math.floor(centre - reach * wide + 0.5));
    const last = Math.min(inputs, Math.floor(centre + reach * wide + 0.5));
    const weights = Array.from({ length: Math.max(0, last - first) }, (_, i) =>
      at(Math.abs((i + first - centre + 0.5) / wide)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    weights.forEach((weight, i) => (matrix[(first + i) * outputs + o] = weight / sum));
  }
}

const nearest: Translation = (b) => resize(b, 'nearest', 'asymmetric');
const nearestExact: Translation = (b) => resize(b, 'nearest', 'half_pixel', { nearest_mode: 'round_prefer_ceil' });

const interpolations = ['linear', 'nearest', 'cubic'] as const;
const paddings = ['zeros', 'border', 'reflection'] as const;

const sample: Translation = (b) => {
  const [mode, padding] = [interpolations[b.number('interpolation_mode', 0)], paddings[b.number('padding_mode', 0)]];
  if (mode === undefined || padding === undefined) throw new NotUnderstood('its mode is not known');
  b.finish('GridSample', [b.tensor('input'), b.tensor('grid')], {
    mode,
    padding_mode: padding,
    align_corners: b.flag('align_corners') ? 1 : 0,
  });
};

const affineGrid: Translation = (b) =>
  b.finish('AffineGrid', [b.tensor('theta'), sizesTensor(b, sizesIn(b, 'size'))], {
    align_corners: b.flag('align_corners') ? 1 : 0,
  });

export const sampling: Translations = {
  'aten.upsample_nearest1d': nearest,
  'aten.upsample_nearest2d': nearest,
  'aten.upsample_nearest3d': nearest,
  'aten._upsample_nearest_exact1d': nearestExact,
  'aten._upsample_nearest_exact2d': nearestExact,
  'aten._upsample_nearest_exact3d': nearestExact,
  'aten.upsample_linear1d': smooth('linear'),
  'aten.upsample_bilinear2d': smooth('linear'),
  'aten.upsample_trilinear3d': smooth('linear'),
  'aten.upsample_bicubic2d': smooth('cubic'),
  'aten._upsample_bilinear2d_aa': antialiased('linear'),
  'aten._upsample_bicubic2d_aa': antialiased('cubic'),
  'aten.grid_sampler': sample,
  'aten.grid_sampler_2d': sample,
  'aten.grid_sampler_3d': sample,
  'aten.affine_grid_generator': affineGrid,
};
