import type { Tensor } from '../../network/tensor.ts';
import type { Attributes } from '../tensorflow/draft.ts';
import { padsOf, transposedPads, windowCount, type Padding, type Window } from '../tensorflow/padding.ts';
import { range, Value } from '../tensorflow/value.ts';
import { activated } from './activation.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { onlyInput, requireSize, transposedWeight, weight, type LayerCall, type LayerDefinition } from './layer.ts';

/** What all convolutions say about their windows. */
export interface Windows {
  readonly axes: number;
  readonly windows: readonly Window[];
  readonly padding: Padding;
  readonly channelsLast: boolean;
}

export function windowsOf({ settings }: LayerCall, axes: number, kernels?: readonly number[]): Windows {
  const kernel = kernels ?? settings.perAxis('kernel_size', axes, 1);
  const stride = settings.perAxis('strides', axes, 1);
  const dilation = settings.perAxis('dilation_rate', axes, 1);
  const padding = settings.text('padding', 'valid').toLowerCase();
  if (padding !== 'valid' && padding !== 'same' && padding !== 'causal')
    throw settings.wrong('padding', '"valid" or "same"');
  const all = [...kernel, ...stride, ...dilation];
  if (all.some((size) => size < 1)) throw settings.wrong('strides', 'sizes of at least 1');
  return {
    axes,
    windows: kernel.map((size, i) => ({ kernel: size, stride: stride[i]!, dilation: dilation[i]! })),
    padding,
    channelsLast: settings.text('data_format', 'channels_last') !== 'channels_first',
  };
}

/** The input with channels second, whichever order the layer works in. */
export const imageName = (x: Value, channelsLast: boolean): string => (channelsLast ? x.firstName : x.name);

/** The sizes between which windows slide. */
export const spatial = (x: Value, channelsLast: boolean): readonly (number | null)[] =>
  channelsLast ? x.shape.slice(1, -1) : x.shape.slice(2);

export const channelsOf = (x: Value, channelsLast: boolean): number | null =>
  x.shape[channelsLast ? x.rank - 1 : 1] ?? null;

export function image(
  { draft }: LayerCall,
  name: string,
  x: Value,
  channels: number | null,
  sizes: readonly (number | null)[],
  channelsLast: boolean,
): Value {
  const batch = x.shape[0] ?? null;
  return channelsLast
    ? Value.channelsFirst(draft, name, [batch, ...sizes, channels])
    : Value.plain(draft, name, [batch, channels, ...sizes]);
}

export function requireRank({ settings }: LayerCall, x: Value, axes: number): void {
  if (x.rank !== axes + 2)
    throw new Unsupported(`its input has ${x.rank} axes instead of ${axes + 2} (${settings.where})`);
}

export function slidingAttributes(x: Value, { windows, padding, channelsLast }: Windows): Attributes {
  const sizes = spatial(x, channelsLast);
  const pads = windows.map((window, axis) => padsOf(sizes[axis] ?? null, window, padding));
  const known = pads.every((pad) => pad !== undefined);
  return {
    kernel_shape: windows.map(({ kernel }) => kernel),
    strides: windows.map(({ stride }) => stride),
    dilations: windows.map(({ dilation }) => dilation),
    ...(known
      ? { pads: [...pads.map(([begin]) => begin), ...pads.map(([, end]) => end)] }
      : { auto_pad: 'SAME_UPPER' }),
  };
}

const counts = (x: Value, { windows, padding, channelsLast }: Windows): (number | null)[] =>
  windows.map((window, axis) => windowCount(spatial(x, channelsLast)[axis] ?? null, window, padding));

/** One convolution whose kernel already has ONNX's order. */
export function convolved(
  call: LayerCall,
  id: string,
  x: Value,
  windows: Windows,
  kernel: Tensor,
  bias: Tensor | undefined,
  groups: number,
): Value {
  const { draft } = call;
  const { channelsLast } = windows;
  const channels = channelsOf(x, channelsLast);
  requireSize(call, 'channels', channels, kernel.shape[1]! * groups);
  const name = draft.node(
    'Conv',
    id,
    [imageName(x, channelsLast), draft.constant(kernel), ...(bias === undefined ? [] : [draft.constant(bias)])],
    { ...slidingAttributes(x, windows), group: groups },
  );
  return image(call, name, x, kernel.shape[0]!, counts(x, windows), channelsLast);
}

const biasOf = (call: LayerCall, index: number): Tensor | undefined =>
  call.settings.flag('use_bias', true) ? weight(call, index, 'bias', 1) : undefined;

const convolution =
  (axes: number) =>
  (call: LayerCall): Value => {
    const x = onlyInput(call);
    requireRank(call, x, axes);
    // [...kernel, in, out] becomes [out, in, ...kernel].
    const kernel = transposedWeight(weight(call, 0, 'kernel', axes + 2), [axes + 1, axes, ...range(0, axes)]);
    const groups = call.settings.count('groups', 1) || 1;
    const windows = windowsOf(call, axes, kernel.shape.slice(2));
    return activated(call, convolved(call, call.id, x, windows, kernel, biasOf(call, 1), groups));
  };

/** Every channel has its own kernels: [...kernel, in, multiplier] becomes [in * multiplier, 1, ...kernel]. */
function depthwiseKernel(tensor: Tensor, axes: number): Tensor {
  const [channels, multiplier] = tensor.shape.slice(axes) as [number, number];
  const shape = [channels * multiplier, 1, ...tensor.shape.slice(0, axes)];
  return transposedWeight(tensor, [axes, axes + 1, ...range(0, axes)], shape);
}

const depthwise =
  (axes: number) =>
  (call: LayerCall): Value => {
    const x = onlyInput(call);
    requireRank(call, x, axes);
    const name = call.weights.own(0, 'kernel') === undefined ? 'depthwise_kernel' : 'kernel';
    const stored = weight(call, 0, name, axes + 2);
    const kernel = depthwiseKernel({ ...stored, name: `${call.layerId}/kernel` }, axes);
    const windows = windowsOf(call, axes, kernel.shape.slice(2));
    if (call.dialect === 'tensorflow.js' && windows.windows.some(({ dilation }) => dilation > 1))
      throw new Unsupported('TensorFlow.js leaves out its dilation, Keras does not');
    return activated(call, convolved(call, call.id, x, windows, kernel, biasOf(call, 1), stored.shape[axes]!));
  };

const separable =
  (axes: number) =>
  (call: LayerCall): Value => {
    const x = onlyInput(call);
    requireRank(call, x, axes);
    const stored = weight(call, 0, 'depthwise_kernel', axes + 2);
    const windows = windowsOf(call, axes, stored.shape.slice(0, axes));
    const spread = convolved(
      call,
      `${call.id}/depthwise`,
      x,
      windows,
      depthwiseKernel(stored, axes),
      undefined,
      stored.shape[axes]!,
    );
    const mixing = transposedWeight(weight(call, 1, 'pointwise_kernel', axes + 2), [axes + 1, axes, ...range(0, axes)]);
    const points: Windows = {
      ...windows,
      padding: 'valid',
      windows: windows.windows.map(() => ({ kernel: 1, stride: 1, dilation: 1 })),
    };
    return activated(call, convolved(call, call.id, spread, points, mixing, biasOf(call, 2), 1));
  };

const transposedConvolution =
  (axes: number) =>
  (call: LayerCall): Value => {
    const x = onlyInput(call);
    requireRank(call, x, axes);
    const { draft, settings } = call;
    // [...kernel, out, in] becomes [in, out, ...kernel].
    const kernel = transposedWeight(weight(call, 0, 'kernel', axes + 2), [axes + 1, axes, ...range(0, axes)]);
    const windows = windowsOf(call, axes, kernel.shape.slice(2));
    const { channelsLast, padding } = windows;
    requireSize(call, 'channels', channelsOf(x, channelsLast), kernel.shape[0]!);
    const further = settings.has('output_padding') ? settings.perAxis('output_padding', axes, 0) : undefined;
    const pads = windows.windows.map((window, axis) =>
      transposedPads(spatial(x, channelsLast)[axis] ?? null, window, padding, further?.[axis]),
    );
    const bias = biasOf(call, 1);
    const name = draft.node(
      'ConvTranspose',
      call.id,
      [imageName(x, channelsLast), draft.constant(kernel), ...(bias === undefined ? [] : [draft.constant(bias)])],
      {
        kernel_shape: kernel.shape.slice(2),
        strides: windows.windows.map(({ stride }) => stride),
        dilations: windows.windows.map(({ dilation }) => dilation),
        pads: [...pads.map(({ begin }) => begin), ...pads.map(({ end }) => end)],
        output_padding: pads.map((pad) => pad.further),
      },
    );
    const sizes = pads.map(({ size }) => size);
    return activated(call, image(call, name, x, kernel.shape[1]!, sizes, channelsLast));
  };

export const convolutionLayers: readonly LayerDefinition[] = [1, 2, 3].flatMap((axes): LayerDefinition[] => [
  { classes: [`Conv${axes}D`, `Convolution${axes}D`], write: convolution(axes) },
  { classes: [`DepthwiseConv${axes}D`], write: depthwise(axes) },
  { classes: [`SeparableConv${axes}D`, `SeparableConvolution${axes}D`], write: separable(axes) },
  { classes: [`Conv${axes}DTranspose`, `Convolution${axes}DTranspose`], write: transposedConvolution(axes) },
]);
