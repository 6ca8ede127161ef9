import { NotUnderstood, type Builder } from '../builder.ts';
import { alongAxis } from './along-axis.ts';
import { batched, withBatch } from './batched.ts';
import { listed } from './listed.ts';
import type { Translation, Translations } from './translation.ts';

interface Windows {
  readonly [attribute: string]: number | readonly number[];
}

function windowsOf(b: Builder, axes: number): Windows {
  const kernel = b.perAxis('kernel_size', axes, 1);
  const padding = b.perAxis('padding', axes, 0);
  return {
    kernel_shape: kernel,
    strides: b.numbers('stride', []).length === 0 ? kernel : b.perAxis('stride', axes, 1),
    pads: [...padding, ...padding],
    ceil_mode: b.flag('ceil_mode') ? 1 : 0,
  };
}

const average =
  (axes: number): Translation =>
  (b) => {
    const self = b.tensor('self');
    const windows = windowsOf(b, axes);
    const divisor = b.argument('divisor_override');
    const attributes = { ...windows, count_include_pad: b.argument('count_include_pad') === false ? 0 : 1 };
    if (divisor === undefined || divisor === null) {
      withBatch(b, self, axes, 'AveragePool', attributes);
      return;
    }
    if (windows['ceil_mode'] === 1)
      throw new NotUnderstood('its divisor is overridden for windows that reach over the end');
    const kernel = b.perAxis('kernel_size', axes, 1).reduce((product, size) => product * size, 1);
    const factor = b.scalar(kernel / b.number('divisor_override'));
    batched(b, self, axes, (input) =>
      b.emit('Mul', [b.emit('AveragePool', [input], { ...attributes, count_include_pad: 1 }), factor]),
    );
  };

/** Its places are those within one image for PyTorch, those in the whole tensor for ONNX. */
const max =
  (axes: number): Translation =>
  (b) => {
    const self = b.tensor('self');
    const attributes = { ...windowsOf(b, axes), dilations: b.perAxis('dilation', axes, 1) };
    if (!b.isUsed(1)) {
      withBatch(b, self, axes, 'MaxPool', attributes);
      return;
    }
    if (b.rank(self) !== axes + 2) throw new NotUnderstood('its places are used, and its input has no batch axis');
    const [values, places] = b.emitMany('MaxPool', [self], 2, attributes);
    b.finish('Identity', [values!]);
    const inImage = b.lastSizes(self, axes).reduce((product, size) => product * size, 1);
    b.giveSecond(() => b.emit('Mod', [places!, b.integer(inImage)]));
  };

/** Every number at the place in its image that it is given, zeros elsewhere. */
const unpool =
  (axes: number): Translation =>
  (b) => {
    const self = b.tensor('self');
    if (b.rank(self) !== axes + 2) throw new NotUnderstood('its input has no batch axis');
    const [channels, ...sizes] = b.lastSizes(self, axes + 1);
    const wanted = b.numbers('output_size');
    const inImage = wanted.reduce((product, size) => product * size, 1);
    const numbers = sizes.reduce((product, size) => product * size, 1);
    // The batch may be free: one row for each image, however many there are.
    const flat = (name: string): string => b.emit('Reshape', [name, b.integers([-1, numbers])]);
    const values = flat(self);
    const images = b.emit('Shape', [values], { start: 0, end: 1 });
    const empty = b.emit('Concat', [images, b.integers([inImage])], { axis: 0 });
    const zeros = b.emit('Expand', [b.scalar(0, b.typeOf(self)), empty]);
    const placed = b.emit('ScatterElements', [zeros, flat(b.tensor('indices')), values], { axis: 1 });
    b.finish('Reshape', [placed, b.integers([-1, channels!, ...wanted])]);
  };

/** Windows from floor(i n / m) to ceil((i + 1) n / m). */
const windowAt = (at: number, inputs: number, outputs: number): readonly [number, number] => [
  Math.floor((at * inputs) / outputs),
  Math.ceil(((at + 1) * inputs) / outputs),
];

/** Equal windows where m divides n; one axis after the other otherwise. */
function adaptive(b: Builder, axes: number, op: 'AveragePool' | 'MaxPool'): void {
  if (b.isUsed(1)) throw new NotUnderstood('the places of its largest are used');
  const self = b.tensor('self');
  const wanted = b.perAxis('output_size', axes, 1);
  if (wanted.every((size) => size === 1)) {
    withBatch(b, self, axes, op === 'AveragePool' ? 'GlobalAveragePool' : 'GlobalMaxPool');
    return;
  }
  const sizes = b.lastSizes(self, axes);
  if (sizes.every((size, axis) => size % wanted[axis]! === 0)) {
    const kernel = sizes.map((size, axis) => size / wanted[axis]!);
    withBatch(b, self, axes, op, { kernel_shape: kernel, strides: kernel });
    return;
  }
  batched(b, self, axes, (input) =>
    wanted.reduce(
      (from, outputs, axis) =>
        op === 'MaxPool'
          ? largestAlong(b, from, axis + 2, sizes[axis]!, outputs)
          : alongAxis(b, from, axis + 2, axes + 2, [sizes[axis]!, outputs], (matrix) => {
              fillAverages(matrix, sizes[axis]!, outputs);
            }),
      input,
    ),
  );
}

function largestAlong(b: Builder, from: string, axis: number, inputs: number, outputs: number): string {
  const pieces = listed(outputs, (at) => {
    const [start, end] = windowAt(at, inputs, outputs);
    const window = b.emit('Slice', [from, b.integers([start]), b.integers([end]), b.integers([axis])]);
    return b.emit('ReduceMax', [window, b.integers([axis])], { keepdims: 1 });
  });
  return b.emit('Concat', pieces, { axis });
}

function fillAverages(matrix: number[], inputs: number, outputs: number): void {
  for (let o = 0; o < outputs; o++) {
    const [from, to] = windowAt(o, inputs, outputs);
    for (let i = from; i < to; i++) matrix[i * outputs + o] = 1 / (to - from);
  }
}

const adaptiveAverage =
  (axes: number): Translation =>
  (b) =>
    adaptive(b, axes, 'AveragePool');
const adaptiveMax =
  (axes: number): Translation =>
  (b) =>
    adaptive(b, axes, 'MaxPool');

export const pooling: Translations = {
  'aten.avg_pool1d': average(1),
  'aten.avg_pool2d': average(2),
  'aten.avg_pool3d': average(3),
  'aten.max_pool1d': max(1),
  'aten.max_pool2d': max(2),
  'aten.max_pool3d': max(3),
  'aten.max_pool1d_with_indices': max(1),
  'aten.max_pool2d_with_indices': max(2),
  'aten.max_pool3d_with_indices': max(3),
  'aten.max_unpool2d': unpool(2),
  'aten.max_unpool3d': unpool(3),
  'aten.adaptive_avg_pool1d': adaptiveAverage(1),
  'aten.adaptive_avg_pool2d': adaptiveAverage(2),
  'aten._adaptive_avg_pool2d': adaptiveAverage(2),
  'aten.adaptive_avg_pool3d': adaptiveAverage(3),
  'aten._adaptive_avg_pool3d': adaptiveAverage(3),
  'aten.adaptive_max_pool1d': adaptiveMax(1),
  'aten.adaptive_max_pool2d': adaptiveMax(2),
  'aten.adaptive_max_pool3d': adaptiveMax(3),
};
