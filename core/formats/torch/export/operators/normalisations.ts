import { float, NotUnderstood, type Builder } from '../builder.ts';
import { listed } from './listed.ts';
import type { Translation, Translations } from './translation.ts';

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
    const input = b.tensor('input');
    // Of one sample they are those of its channels, as decomposed instance normalisation writes it.
    if (b.rank(input) > 2 && b.sizes(input)[0] === 1) groupNorm(b, b.size(input, 1));
    else ownStatistics(b);
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

export const normalisations: Translations = {
  'aten.batch_norm': batchNorm,
  'aten._native_batch_norm_legit_no_training': batchNorm,
  'aten._native_batch_norm_legit': batchNorm,
  'aten._native_batch_norm_legit_functional': batchNorm,
  'aten.native_batch_norm': batchNorm,
  'aten._batch_norm_no_update': batchNorm,
  'aten.layer_norm': layerNorm,
  'aten.native_layer_norm': layerNorm,
  'aten.rms_norm': rmsNorm,
  'aten._fused_rms_norm': rmsNorm,
  'aten.group_norm': (b) => groupNorm(b, b.number('num_groups')),
  'aten.native_group_norm': (b) => groupNorm(b, b.number('group')),
  'aten.instance_norm': instanceNorm,
};
