import { Value, range } from '../tensorflow/value.ts';
import {
  image,
  imageName,
  requireRank,
  slidingAttributes,
  spatial,
  channelsOf,
  windowsOf,
  type Windows,
} from './convolution.ts';
import { windowCount } from '../tensorflow/padding.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { onlyInput, type LayerCall, type LayerDefinition } from './layer.ts';

/** TensorFlow's mean is over what lies within the image, as ONNX's is when it does not count the padding. */
const pooling =
  (axes: number, operator: 'MaxPool' | 'AveragePool') =>
  (call: LayerCall): Value => {
    const x = onlyInput(call);
    requireRank(call, x, axes);
    const { draft, settings, id } = call;
    const sizes = settings.perAxis('pool_size', axes, 2);
    const strides = settings.has('strides') ? settings.perAxis('strides', axes, 2) : sizes;
    const plain = windowsOf(call, axes, sizes);
    const windows: Windows = {
      ...plain,
      windows: sizes.map((kernel, axis) => ({ kernel, stride: strides[axis]!, dilation: 1 })),
    };
    if (strides.some((stride) => stride < 1)) throw settings.wrong('strides', 'sizes of at least 1');
    const name = draft.node(operator, id, [imageName(x, windows.channelsLast)], slidingAttributes(x, windows));
    const counts = windows.windows.map((window, axis) =>
      windowCount(spatial(x, windows.channelsLast)[axis] ?? null, window, windows.padding),
    );
    return image(call, name, x, channelsOf(x, windows.channelsLast), counts, windows.channelsLast);
  };

const globalPooling =
  (axes: number, operator: 'ReduceMax' | 'ReduceMean') =>
  (call: LayerCall): Value => {
    const x = onlyInput(call);
    requireRank(call, x, axes);
    const { draft, settings, id } = call;
    const channelsLast = settings.text('data_format', 'channels_last') !== 'channels_first';
    const kept = settings.flag('keepdims', false);
    const first = !channelsLast || x.isChannelsFirst;
    const over = first ? range(2, x.rank) : range(1, x.rank - 1);
    const source = channelsLast && x.isChannelsFirst ? x.firstName : x.name;
    const name = draft.node(operator, id, [source, draft.integers(`${id}/axes`, over)], { keepdims: kept ? 1 : 0 });
    const channels = channelsOf(x, channelsLast);
    const batch = x.shape[0] ?? null;
    if (!kept) return Value.plain(draft, name, [batch, channels]);
    const ones = over.map(() => 1);
    if (!channelsLast) return Value.plain(draft, name, [batch, channels, ...ones]);
    return first
      ? Value.channelsFirst(draft, name, [batch, ...ones, channels])
      : Value.plain(draft, name, [batch, ...ones, channels]);
  };

/** Windows that end where the next one begins; others overlap by sizes that differ from place to place. */
const adaptive =
  (axes: number, operator: 'MaxPool' | 'AveragePool') =>
  (call: LayerCall): Value => {
    const x = onlyInput(call);
    requireRank(call, x, axes);
    const { draft, settings, id } = call;
    const channelsLast = settings.text('data_format', 'channels_last') !== 'channels_first';
    const results = settings.perAxis('output_size', axes, 1);
    const sizes = spatial(x, channelsLast);
    const windows = results.map((count, axis) => {
      const size = sizes[axis];
      if (typeof size !== 'number' || count < 1 || size % count !== 0) {
        throw new Unsupported('its windows have different sizes, since the output size does not divide the input');
      }
      return size / count;
    });
    const name = draft.node(operator, id, [imageName(x, channelsLast)], { kernel_shape: windows, strides: windows });
    return image(call, name, x, channelsOf(x, channelsLast), results, channelsLast);
  };

export const poolingLayers: readonly LayerDefinition[] = [1, 2, 3].flatMap((axes): LayerDefinition[] => [
  { classes: [`MaxPooling${axes}D`, `MaxPool${axes}D`], write: pooling(axes, 'MaxPool') },
  { classes: [`AveragePooling${axes}D`, `AvgPool${axes}D`], write: pooling(axes, 'AveragePool') },
  { classes: [`GlobalMaxPooling${axes}D`, `GlobalMaxPool${axes}D`], write: globalPooling(axes, 'ReduceMax') },
  { classes: [`GlobalAveragePooling${axes}D`, `GlobalAvgPool${axes}D`], write: globalPooling(axes, 'ReduceMean') },
  { classes: [`AdaptiveMaxPooling${axes}D`], write: adaptive(axes, 'MaxPool') },
  { classes: [`AdaptiveAveragePooling${axes}D`], write: adaptive(axes, 'AveragePool') },
]);
