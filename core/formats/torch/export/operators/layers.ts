import type { Builder } from '../builder.ts';
import type { Translation, Translations } from './translation.ts';

const linear: Translation = (b) => {
  const [input, weight, bias] = [b.tensor('input'), b.tensor('weight'), b.optionalTensor('bias')];
  if (b.rank(input) === 2) {
    b.finish('Gemm', bias === '' ? [input, weight] : [input, weight, bias], { transB: 1 });
    return;
  }
  const turned = b.emit('Transpose', [weight], { perm: [1, 0] });
  if (bias === '') b.finish('MatMul', [input, turned]);
  else b.finish('Add', [b.emit('MatMul', [input, turned]), bias]);
};

function convolution(b: Builder, axes: number, op: 'Conv' | 'ConvTranspose', outputPadding: readonly number[]): void {
  const weight = b.tensor('weight');
  const padding = b.argument('padding');
  if (padding === 'valid' || padding === 'same') {
    convolve(b, axes, op, weight, outputPadding, padding === 'valid' ? none(axes) : same(b, weight, axes));
    return;
  }
  const sides = b.perAxis('padding', axes, 0);
  convolve(b, axes, op, weight, outputPadding, [...sides, ...sides]);
}

const none = (axes: number): readonly number[] => Array.from({ length: 2 * axes }, () => 0);

/** PyTorch puts the odd one at the end. */
function same(b: Builder, weight: string, axes: number): readonly number[] {
  const dilation = b.perAxis('dilation', axes, 1);
  const totals = dilation.map((by, axis) => by * (b.size(weight, axis + 2) - 1));
  return [...totals.map((total) => Math.floor(total / 2)), ...totals.map((total) => total - Math.floor(total / 2))];
}

function convolve(
  b: Builder,
  axes: number,
  op: 'Conv' | 'ConvTranspose',
  weight: string,
  outputPadding: readonly number[],
  pads: readonly number[],
): void {
  const given = b.tensor('input');
  const bias = b.optionalTensor('bias');
  const alone = b.rank(given) === axes + 1;
  const input = alone ? b.emit('Unsqueeze', [given, b.integers([0])]) : given;
  const attributes = {
    strides: b.perAxis('stride', axes, 1),
    dilations: b.perAxis('dilation', axes, 1),
    pads,
    group: b.number('groups', 1),
    kernel_shape: b.sizes(weight).slice(2).map(Number),
    ...(op === 'ConvTranspose' ? { output_padding: outputPadding } : {}),
  };
  const inputs = bias === '' ? [input, weight] : [input, weight, bias];
  if (alone) b.finish('Squeeze', [b.emit(op, inputs, attributes), b.integers([0])]);
  else b.finish(op, inputs, attributes);
}

const forward =
  (axes: number): Translation =>
  (b) =>
    convolution(b, axes, 'Conv', []);
const transposed =
  (axes: number): Translation =>
  (b) =>
    convolution(b, axes, 'ConvTranspose', b.perAxis('output_padding', axes, 0));

/** Both kinds in one, as the core operators have it. */
const anyConvolution: Translation = (b) => {
  const axes = b.rank(b.tensor('weight')) - 2;
  if (b.flag('transposed')) transposed(axes)(b);
  else forward(axes)(b);
};

const softmax =
  (op: string): Translation =>
  (b) =>
    b.finish(op, [b.tensor('self')], { axis: b.number('dim') });

const embedding: Translation = (b) => b.finish('Gather', [b.tensor('weight'), b.tensor('indices')], { axis: 0 });

/** g v / |v|, the norm over all axes but one. */
const weightNorm: Translation = (b) => {
  const [v, g] = [b.tensor('v'), b.tensor('g')];
  const kept = b.number('dim', 0);
  const axes = b.sizes(v).flatMap((_, axis) => (axis === kept ? [] : [axis]));
  const length = b.emit('ReduceL2', [v, b.integers(axes)], { keepdims: 1 });
  b.finish('Mul', [v, b.emit('Div', [g, length])]);
};

export const layers: Translations = {
  'aten._weight_norm': weightNorm,
  'aten._weight_norm_interface': weightNorm,
  'aten.linear': linear,
  'aten.conv1d': forward(1),
  'aten.conv2d': forward(2),
  'aten.conv3d': forward(3),
  'aten.conv_transpose1d': transposed(1),
  'aten.conv_transpose2d': transposed(2),
  'aten.conv_transpose3d': transposed(3),
  'aten.convolution': anyConvolution,
  'aten._convolution': anyConvolution,
  'aten.softmax': softmax('Softmax'),
  'aten._softmax': softmax('Softmax'),
  'aten.log_softmax': softmax('LogSoftmax'),
  'aten._log_softmax': softmax('LogSoftmax'),
  'aten.embedding': embedding,
};
