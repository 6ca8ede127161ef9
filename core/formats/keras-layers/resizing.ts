import { range, type Value } from '../tensorflow/value.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { channelsOf, image, imageName, requireRank, spatial } from './convolution.ts';
import { onlyInput, type LayerCall, type LayerDefinition } from './layer.ts';
import { resamplingMatrix, type Resampling } from './resampling.ts';

const channelsLastOf = (call: LayerCall): boolean =>
  call.settings.text('data_format', 'channels_last') !== 'channels_first';

const isResampling = (name: string): name is Resampling =>
  ['bilinear', 'bicubic', 'lanczos3', 'lanczos5'].includes(name);

const upSampling =
  (axes: number) =>
  (call: LayerCall): Value => {
    const { draft, id, settings } = call;
    const x = onlyInput(call);
    requireRank(call, x, axes);
    const last = channelsLastOf(call);
    const factors = settings.perAxis('size', axes, 2);
    if (factors.some((factor) => factor < 1)) throw settings.wrong('size', 'factors of at least 1');
    const interpolation = settings.text('interpolation', 'nearest');
    const sizes = spatial(x, last).map((size, axis) => (size === null ? null : size * factors[axis]!));
    const wide = (name: string): Value => image(call, name, x, channelsOf(x, last), sizes, last);
    if (interpolation !== 'nearest' && interpolation !== 'bilinear') {
      if (axes !== 2 || !isResampling(interpolation) || call.dialect === 'tensorflow.js')
        throw new Unsupported(`it interpolates by ${JSON.stringify(interpolation)}`);
      return wide(resampled(call, imageName(x, last), spatial(x, last), sizes, interpolation, false));
    }
    const scales = draft.floats(`${id}/scales`, [axes + 2], [1, 1, ...factors]);
    const name = draft.node('Resize', id, [imageName(x, last), '', scales], {
      ...(interpolation === 'nearest'
        ? { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
        : // TensorFlow.js counts pixels from their corners where Keras counts from their middles.
          {
            mode: 'linear',
            coordinate_transformation_mode: call.dialect === 'tensorflow.js' ? 'asymmetric' : 'half_pixel',
          }),
    });
    return wide(name);
  };

const largestMatrix = 2 ** 24;

/** Rows and columns of an image [batch, channels, height, width], each by its matrix. */
function resampled(
  { draft, id }: LayerCall,
  name: string,
  from: readonly (number | null)[],
  to: readonly (number | null)[],
  way: Resampling,
  antialias: boolean,
): string {
  const [height, width] = from;
  const [tall, wide] = to;
  if (typeof height !== 'number' || typeof width !== 'number' || typeof tall !== 'number' || typeof wide !== 'number')
    throw new Unsupported('the size of its image is not fixed');
  if (Math.max(height * tall, width * wide) > largestMatrix) throw new Unsupported('its image is too large');
  const rows = draft.floats(`${id}/rows`, [tall, height], resamplingMatrix(way, height, tall, antialias));
  const across = resamplingMatrix(way, width, wide, antialias);
  const turned = Float32Array.from(across, (_, i) => across[(i % wide) * width + Math.floor(i / wide)]!);
  const columns = draft.floats(`${id}/columns`, [width, wide], turned);
  return draft.node('MatMul', id, [draft.node('MatMul', `${id}/resized rows`, [rows, name]), columns]);
}

/** An image of another size, as tf.image.resize makes it. */
function resizing(call: LayerCall): Value {
  const { draft, id, settings } = call;
  const x = onlyInput(call);
  requireRank(call, x, 2);
  const interpolation = settings.text('interpolation', 'bilinear');
  const [crops, pads] = [settings.flag('crop_to_aspect_ratio', false), settings.flag('pad_to_aspect_ratio', false)];
  const antialias = settings.flag('antialias', false) && interpolation !== 'nearest';
  const byMatrix = antialias || interpolation === 'bicubic' || interpolation.startsWith('lanczos');
  const known = interpolation === 'nearest' || isResampling(interpolation);
  if (!known || (call.dialect === 'tensorflow.js' && (crops || pads || byMatrix))) {
    throw new Unsupported('it resizes in a way that is not known');
  }
  const last = channelsLastOf(call);
  const target = [settings.count('height'), settings.count('width')] as const;
  const sizes = spatial(x, last);
  const [height, width] = sizes;
  if (typeof height !== 'number' || typeof width !== 'number' || target.includes(0))
    throw new Unsupported('the size of its image is not fixed');
  const channels = channelsOf(x, last) ?? 0;
  const cut = crops
    ? cropped(call, imageName(x, last), [height, width], target)
    : pads
      ? padded(call, imageName(x, last), [height, width], target)
      : { name: imageName(x, last), sizes: [height, width] };
  if (byMatrix && isResampling(interpolation)) {
    const name = resampled(call, cut.name, cut.sizes, target, interpolation, antialias);
    return image(call, name, x, channels, [...target], last);
  }
  const name = draft.node('Resize', id, [cut.name, '', '', draft.integers(`${id}/sizes`, [1, channels, ...target])], {
    ...(interpolation === 'bilinear' ? { mode: 'linear' } : { mode: 'nearest', nearest_mode: 'round_prefer_ceil' }),
    // The pixel under the middle: of (i + 1/2) s the whole part, which is (i + 1/2) s - 1/2 rounded up from its half.
    // TensorFlow.js asks for aligned corners.
    coordinate_transformation_mode: call.dialect === 'tensorflow.js' ? 'align_corners' : 'half_pixel',
  });
  return image(call, name, x, channels, [...target], last);
}

type Pair = readonly [number, number];

interface Framed {
  readonly name: string;
  readonly sizes: readonly number[];
}

/** Height and width that the image would have with the ratio of the target, if the other one stayed; Keras divides in float32. */
const withRatioOf = ([height, width]: Pair, [tall, wide]: Pair): Pair => [
  Math.trunc(Math.fround(Math.fround(width * tall) / wide)),
  Math.trunc(Math.fround(Math.fround(height * wide) / tall)),
];

/** The middle of the image with the ratio of the target. */
function cropped({ draft, id }: LayerCall, name: string, sizes: Pair, target: Pair): Framed {
  const kept = withRatioOf(sizes, target).map((size, axis) => Math.max(1, Math.min(sizes[axis]!, size)));
  const starts = kept.map((size, axis) => Math.trunc((sizes[axis]! - size) / 2));
  const cut = draft.node('Slice', `${id}/cropped`, [
    name,
    draft.integers(`${id}/starts`, starts),
    draft.integers(
      `${id}/ends`,
      starts.map((start, axis) => start + kept[axis]!),
    ),
    draft.integers(`${id}/axes`, [2, 3]),
  ]);
  return { name: cut, sizes: kept };
}

/** The image with as much of the fill before as after: one pixel less than the ratio asks for where that is odd. */
function padded({ draft, id, settings }: LayerCall, name: string, sizes: Pair, target: Pair): Framed {
  const margins = withRatioOf(sizes, target).map((size, axis) =>
    Math.trunc((Math.max(sizes[axis]!, size) - sizes[axis]!) / 2),
  );
  const pads = [0, 0, ...margins, 0, 0, ...margins];
  const fill = draft.scalar(`${id}/fill`, settings.number('fill_value', 0));
  const framed = draft.node('Pad', `${id}/padded`, [name, draft.integers(`${id}/pads`, pads), fill]);
  return { name: framed, sizes: sizes.map((size, axis) => size + 2 * margins[axis]!) };
}

export const resizingLayers: readonly LayerDefinition[] = [
  { classes: ['Resizing'], write: resizing },
  ...range(1, 4).map((axes): LayerDefinition => ({ classes: [`UpSampling${axes}D`], write: upSampling(axes) })),
];
