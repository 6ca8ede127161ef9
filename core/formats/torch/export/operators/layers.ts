import { float, NotUnderstood, type Builder } from '../builder.ts';
import { listed } from './listed.ts';
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

const product =
  (left: string, right: string): Translation =>
  (b) =>
    b.finish('MatMul', [b.tensor(left), b.tensor(right)]);

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

/** Statistics of the very batch, without running ones: as weights are standardised (ScaledStdConv2d). */
function ownStatistics(b: Builder): void {
  const input = b.tensor('input');
  const axes = b.integers(b.sizes(input).flatMap((_, axis) => (axis === 1 ? [] : [axis])));
  const away = b.emit('Sub', [input, b.emit('ReduceMean', [input, axes], { keepdims: 1 })]);
  const variance = b.emit('ReduceMean', [b.emit('Mul', [away, away]), axes], { keepdims: 1 });
  const root = b.emit('Sqrt', [b.emit('Add', [variance, b.scalar(b.number('eps', 1e-5))])]);
  const shape = b.integers(b.sizes(input).flatMap((_, axis) => (axis < 1 ? [] : [axis === 1 ? -1 : 1])));
  const placed = (name: string): string => b.emit('Reshape', [b.tensor(name), shape]);
  const standard = b.emit('Div', [away, root]);
  const scaled = b.optionalTensor('weight') === '' ? standard : b.emit('Mul', [standard, placed('weight')]);
  if (b.optionalTensor('bias') === '') b.finish('Identity', [scaled]);
  else b.finish('Add', [scaled, placed('bias')]);
}

const batchNorm: Translation = (b) => {
  if (b.flag('training') && b.optionalTensor('running_mean') === '') {
    ownStatistics(b);
    return;
  }
  if (b.flag('training')) throw new NotUnderstood('it was exported in training: call eval() before');
  const mean = b.tensor('running_mean');
  const channels = b.size(mean, 0);
  const filled = (name: string, value: number): string =>
    b.optionalTensor(name) ||
    b.numbersConstant(
      [channels],
      listed(channels, () => value),
    );
  b.finish(
    'BatchNormalization',
    [b.tensor('input'), filled('weight', 1), filled('bias', 0), mean, b.tensor('running_var')],
    {
      epsilon: float(b.number('eps', 1e-5)),
    },
  );
};

const layerNorm: Translation = (b) => {
  const input = b.tensor('input');
  const shape = b.numbers('normalized_shape');
  const count = shape.reduce((product, size) => product * size, 1);
  const weight =
    b.optionalTensor('weight') ||
    b.numbersConstant(
      shape,
      listed(count, () => 1),
    );
  const bias = b.optionalTensor('bias');
  b.finish('LayerNormalization', bias === '' ? [input, weight] : [input, weight, bias], {
    axis: -shape.length,
    epsilon: float(b.number('eps', 1e-5)),
  });
};

const rmsNorm: Translation = (b) => {
  const input = b.tensor('input');
  const shape = b.numbers('normalized_shape');
  const axes = b.integers(shape.map((_, i) => i - shape.length));
  const mean = b.emit('ReduceMean', [b.emit('Mul', [input, input]), axes]);
  const root = b.emit('Sqrt', [b.emit('Add', [mean, b.scalar(b.number('eps', 2 ** -23))])]);
  const weight = b.optionalTensor('weight');
  if (weight === '') b.finish('Div', [input, root]);
  else b.finish('Mul', [b.emit('Div', [input, root]), weight]);
};

function groupNorm(b: Builder, groups: number): void {
  const input = b.tensor('input');
  const channels = b.size(input, 1);
  const filled = (name: string, value: number): string =>
    b.optionalTensor(name) ||
    b.numbersConstant(
      [channels],
      listed(channels, () => value),
    );
  const inputs = [input, filled('weight', 1), filled('bias', 0)];
  const epsilon = float(b.number('eps', 1e-5));
  if (groups === channels) b.finish('InstanceNormalization', inputs, { epsilon });
  else b.finish('GroupNormalization', inputs, { epsilon, num_groups: groups });
}

const instanceNorm: Translation = (b) => {
  if (b.flag('use_input_stats')) groupNorm(b, b.size(b.tensor('input'), 1));
  else batchNorm(b);
};

const softmax =
  (op: string): Translation =>
  (b) =>
    b.finish(op, [b.tensor('self')], { axis: b.number('dim') });

const attention: Translation = (b) => {
  const [query, key, value] = [b.tensor('query'), b.tensor('key'), b.tensor('value')];
  const rank = b.rank(key);
  if (b.flag('enable_gqa') && b.size(query, -3) !== b.size(key, -3))
    throw new NotUnderstood('several of its heads share keys (enable_gqa): call run_decompositions() before saving');
  const perm = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  const scale = b.number('scale', 1 / Math.sqrt(b.size(query, -1)));
  // On the data, which is how PyTorch does it as well, so that the matrix product stays one of two tensors.
  const scaled = b.emit('Mul', [query, b.scalar(scale)]);
  const scores = b.emit('MatMul', [scaled, b.emit('Transpose', [key], { perm })]);
  const mask = maskOf(b, query, key);
  const weights = b.emit('Softmax', [mask === '' ? scores : b.emit('Add', [scores, mask])], { axis: -1 });
  b.finish('MatMul', [weights, value]);
};

/** What is added to the scores; a mask of booleans says where they count. */
function maskOf(b: Builder, query: string, key: string): string {
  const given = b.optionalTensor('attn_mask');
  if (given !== '' && b.typeOf(given) === 'bool')
    return b.emit('Where', [given, b.scalar(0), b.scalar(Number.NEGATIVE_INFINITY)]);
  if (given !== '' || !b.flag('is_causal')) return given;
  const [rows, columns] = [b.size(query, -2), b.size(key, -2)];
  const entries = listed(rows * columns, (at) =>
    at % columns > Math.floor(at / columns) ? Number.NEGATIVE_INFINITY : 0,
  );
  return b.numbersConstant([rows, columns], entries);
}

const embedding: Translation = (b) => b.finish('Gather', [b.tensor('weight'), b.tensor('indices')], { axis: 0 });

/** beta self + alpha mat1 mat2. */
const addmm: Translation = (b) =>
  b.finish('Gemm', [b.tensor('mat1'), b.tensor('mat2'), b.tensor('self')], {
    alpha: float(b.number('alpha', 1)),
    beta: float(b.number('beta', 1)),
  });

/** beta self + alpha batch1 batch2. */
const baddbmm: Translation = (b) => {
  const [alpha, beta] = [b.number('alpha', 1), b.number('beta', 1)];
  const times = (name: string, factor: number): string =>
    factor === 1 ? name : b.emit('Mul', [name, b.scalar(factor)]);
  const product = b.emit('MatMul', [b.tensor('batch1'), b.tensor('batch2')]);
  if (beta === 0) b.finish('Identity', [times(product, alpha)]);
  else b.finish('Add', [times(b.tensor('self'), beta), times(product, alpha)]);
};

const einsum: Translation = (b) => {
  const equation = b.argument('equation');
  if (typeof equation !== 'string') throw new NotUnderstood('its equation is no text');
  b.finish('Einsum', b.tensors('tensors'), { equation });
};

/** The columns of one times the row of the other. */
const outer: Translation = (b) =>
  b.finish('Mul', [
    b.emit('Unsqueeze', [b.tensor('self'), b.integers([1])]),
    b.tensor(b.argument('vec2') === undefined ? 'other' : 'vec2'),
  ]);

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
  'aten.addmm': addmm,
  'aten.mm': product('self', 'mat2'),
  'aten.baddbmm': baddbmm,
  'aten.einsum': einsum,
  'aten.outer': outer,
  'aten.bmm': product('self', 'mat2'),
  'aten.matmul': product('self', 'other'),
  'aten.mv': product('self', 'vec'),
  'aten.dot': product('self', 'tensor'),
  'aten.vdot': product('self', 'other'),
  'aten.conv1d': forward(1),
  'aten.conv2d': forward(2),
  'aten.conv3d': forward(3),
  'aten.conv_transpose1d': transposed(1),
  'aten.conv_transpose2d': transposed(2),
  'aten.conv_transpose3d': transposed(3),
  'aten.convolution': anyConvolution,
  'aten.batch_norm': batchNorm,
  'aten._native_batch_norm_legit_no_training': batchNorm,
  'aten.layer_norm': layerNorm,
  'aten.native_layer_norm': layerNorm,
  'aten.rms_norm': rmsNorm,
  'aten.group_norm': (b) => groupNorm(b, b.number('num_groups')),
  'aten.native_group_norm': (b) => groupNorm(b, b.number('group')),
  'aten.instance_norm': instanceNorm,
  'aten.softmax': softmax('Softmax'),
  'aten._softmax': softmax('Softmax'),
  'aten.log_softmax': softmax('LogSoftmax'),
  'aten._log_softmax': softmax('LogSoftmax'),
  'aten.scaled_dot_product_attention': attention,
  'aten.embedding': embedding,
};
