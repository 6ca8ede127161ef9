import { float, NotUnderstood, type Builder } from '../builder.ts';
import { listed } from './listed.ts';
import type { Translation, Translations } from './translation.ts';

function pool(b: Builder, axes: number, op: 'AveragePool' | 'MaxPool'): void {
  const self = b.tensor('self');
  if (b.rank(self) !== axes + 2) throw new NotUnderstood('its input has no batch axis');
  const kernel = b.perAxis('kernel_size', axes, 1);
  const stride = b.numbers('stride', []);
  const padding = b.perAxis('padding', axes, 0);
  if (b.argument('divisor_override') !== undefined && b.argument('divisor_override') !== null)
    throw new NotUnderstood('its divisor is overridden');
  b.finish(op, [self], {
    kernel_shape: kernel,
    strides: stride.length === 0 ? kernel : b.perAxis('stride', axes, 1),
    pads: [...padding, ...padding],
    ceil_mode: b.flag('ceil_mode') ? 1 : 0,
    ...(op === 'AveragePool'
      ? { count_include_pad: b.argument('count_include_pad') === false ? 0 : 1 }
      : { dilations: b.perAxis('dilation', axes, 1) }),
  });
}

const average =
  (axes: number): Translation =>
  (b) =>
    pool(b, axes, 'AveragePool');
const max =
  (axes: number): Translation =>
  (b) =>
    pool(b, axes, 'MaxPool');

/** Windows from floor(i n / m) to ceil((i + 1) n / m): equal ones where m divides n, weights along each axis otherwise. */
function adaptive(b: Builder, axes: number, op: 'AveragePool' | 'MaxPool'): void {
  const self = b.tensor('self');
  const wanted = b.perAxis('output_size', axes, 1);
  if (b.rank(self) !== axes + 2) throw new NotUnderstood('its input has no batch axis');
  if (wanted.every((size) => size === 1)) {
    b.finish(op === 'AveragePool' ? 'GlobalAveragePool' : 'GlobalMaxPool', [self]);
    return;
  }
  const sizes = wanted.map((_, axis) => b.size(self, axis + 2));
  if (sizes.every((size, axis) => size % wanted[axis]! === 0)) {
    const kernel = sizes.map((size, axis) => size / wanted[axis]!);
    b.finish(op, [self], { kernel_shape: kernel, strides: kernel });
    return;
  }
  if (op === 'MaxPool') throw new NotUnderstood('its windows are of different sizes');
  // One axis after the other: last to the end, times the matrix of its averages, and back.
  const result = wanted.reduce((from, outputs, axis) => {
    const matrix = averages(sizes[axis]!, outputs);
    const perm = Array.from({ length: axes + 2 }, (_, i) => i);
    [perm[axis + 2], perm[axes + 1]] = [perm[axes + 1]!, perm[axis + 2]!];
    const turned = b.emit('Transpose', [from], { perm });
    const pooled = b.emit('MatMul', [turned, b.numbersConstant([sizes[axis]!, outputs], matrix)]);
    return b.emit('Transpose', [pooled], { perm });
  }, self);
  b.finish('Identity', [result]);
}

function averages(inputs: number, outputs: number): readonly number[] {
  const matrix = listed(inputs * outputs, () => 0);
  for (let o = 0; o < outputs; o++) {
    const [from, to] = [Math.floor((o * inputs) / outputs), Math.ceil(((o + 1) * inputs) / outputs)];
    for (let i = from; i < to; i++) matrix[i * outputs + o] = 1 / (to - from);
  }
  return matrix;
}

const adaptiveAverage =
  (axes: number): Translation =>
  (b) =>
    adaptive(b, axes, 'AveragePool');
const adaptiveMax =
  (axes: number): Translation =>
  (b) =>
    adaptive(b, axes, 'MaxPool');

function resize(b: Builder, mode: 'nearest' | 'linear' | 'cubic', corners: string): void {
  const self = b.tensor(b.argument('self') === undefined ? 'input' : 'self');
  const axes = b.rank(self) - 2;
  const factors = b.numbers('scale_factors', []);
  const wanted = b.numbers('output_size', []);
  const attributes = {
    mode,
    coordinate_transformation_mode: corners,
    ...(mode === 'nearest' ? { nearest_mode: 'floor' } : {}),
    ...(mode === 'cubic' ? { cubic_coeff_a: float(-0.75) } : {}),
  };
  if (factors.length > 0) {
    b.finish('Resize', [self, '', b.numbersConstant([axes + 2], [1, 1, ...factors])], attributes);
    return;
  }
  const sizes = [b.size(self, 0), b.size(self, 1), ...wanted];
  b.finish('Resize', [self, '', '', b.integers(sizes)], attributes);
}

const smooth =
  (mode: 'linear' | 'cubic'): Translation =>
  (b) =>
    resize(b, mode, b.flag('align_corners') ? 'align_corners' : 'pytorch_half_pixel');
const nearest: Translation = (b) => resize(b, 'nearest', 'asymmetric');

/** Pairs of paddings, from the last axis on. */
function pad(b: Builder, mode: 'constant' | 'reflect' | 'edge' | 'wrap', name: string): void {
  const self = b.tensor('self');
  const given = b.numbers(name);
  const rank = b.rank(self);
  if (given.length % 2 !== 0 || given.length > 2 * rank)
    throw new NotUnderstood('its paddings are no pairs for the axes of its input');
  const sides = [new Array<number>(rank).fill(0), new Array<number>(rank).fill(0)] as const;
  for (let i = 0; i < given.length; i += 2) {
    sides[0][rank - 1 - i / 2] = given[i]!;
    sides[1][rank - 1 - i / 2] = given[i + 1]!;
  }
  const pads = b.integers([...sides[0], ...sides[1]]);
  const value = mode === 'constant' ? b.number('value', 0) : 0;
  b.finish('Pad', value === 0 ? [self, pads] : [self, pads, b.scalar(value, b.typeOf(self))], { mode });
}

const padModes = { constant: 'constant', reflect: 'reflect', replicate: 'edge', circular: 'wrap' } as const;

const anyPad: Translation = (b) => {
  const mode = b.argument('mode') ?? 'constant';
  if (mode === 'constant' || mode === 'reflect' || mode === 'replicate' || mode === 'circular')
    pad(b, padModes[mode], 'pad');
  else throw new NotUnderstood('its mode of padding is not known');
};

const padded =
  (mode: 'constant' | 'reflect' | 'edge', name: string): Translation =>
  (b) =>
    pad(b, mode, name);

export const pooling: Translations = {
  'aten.avg_pool1d': average(1),
  'aten.avg_pool2d': average(2),
  'aten.avg_pool3d': average(3),
  'aten.max_pool1d': max(1),
  'aten.max_pool2d': max(2),
  'aten.max_pool3d': max(3),
  'aten.max_pool2d_with_indices': max(2),
  'aten.max_pool3d_with_indices': max(3),
  'aten.adaptive_avg_pool1d': adaptiveAverage(1),
  'aten.adaptive_avg_pool2d': adaptiveAverage(2),
  'aten._adaptive_avg_pool2d': adaptiveAverage(2),
  'aten.adaptive_avg_pool3d': adaptiveAverage(3),
  'aten.adaptive_max_pool1d': adaptiveMax(1),
  'aten.adaptive_max_pool2d': adaptiveMax(2),
  'aten.upsample_nearest1d': nearest,
  'aten.upsample_nearest2d': nearest,
  'aten.upsample_nearest3d': nearest,
  'aten.upsample_linear1d': smooth('linear'),
  'aten.upsample_bilinear2d': smooth('linear'),
  'aten.upsample_trilinear3d': smooth('linear'),
  'aten.upsample_bicubic2d': smooth('cubic'),
  'aten.pad': anyPad,
  'aten.constant_pad_nd': padded('constant', 'pad'),
  'aten.reflection_pad1d': padded('reflect', 'padding'),
  'aten.reflection_pad2d': padded('reflect', 'padding'),
  'aten.replication_pad1d': padded('edge', 'padding'),
  'aten.replication_pad2d': padded('edge', 'padding'),
  'aten.pixel_shuffle': (b) =>
    b.finish('DepthToSpace', [b.tensor('self')], { blocksize: b.number('upscale_factor'), mode: 'CRD' }),
};
