import type { JsonObject } from '../json.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import type { FunctionCall, FunctionDefinition } from './call.ts';

const channelsLast = (call: FunctionCall): boolean => {
  const given = call.text('data_format', 'channels_last');
  return given !== 'channels_first' && !given.startsWith('NC');
};

const pooled =
  (layer: 'MaxPooling' | 'AveragePooling') =>
  (call: FunctionCall): Value => {
    const x = call.tensor(['inputs', 'input', 'x'], 0);
    const axes = x.rank - 2;
    if (axes < 1 || axes > 3) throw new Unsupported(`its input has ${x.rank} axes`);
    const sizes = (name: string): number | number[] | null => {
      const given = call.integers(name);
      return given === undefined ? null : given.length === 1 ? given[0]! : [...given];
    };
    const config: JsonObject = {
      pool_size: sizes('pool_size') ?? 2,
      strides: sizes('strides'),
      padding: call.text('padding', 'valid').toLowerCase(),
      data_format: channelsLast(call) ? 'channels_last' : 'channels_first',
    };
    return call.layer(`${layer}${axes}D`, config, x);
  };

/** Blocks of pixels as channels, and back. */
const blocks =
  (op: 'DepthToSpace' | 'SpaceToDepth') =>
  (call: FunctionCall): Value => {
    if (!channelsLast(call)) throw new Unsupported('it works on images whose channels stand first');
    const x = call.tensor(['x', 'input'], 0);
    return call.one(op, [x], { block_size: { i: call.number('block_size', 2, 1) } });
  };

/** Patches beside one another are blocks of pixels as channels. */
function patches(call: FunctionCall): Value {
  const x = call.tensor(['image', 'images'], 0);
  const sizes = call.integers('size') ?? [];
  const [height, width] = sizes.length === 1 ? [sizes[0]!, sizes[0]!] : sizes;
  const strides = call.integers('strides') ?? [height!, width!];
  const dilation = call.integers('dilation_rate') ?? [1];
  const whole = [x.shape[1], x.shape[2]].every((size) => typeof size === 'number' && size % height! === 0);
  const beside =
    height === width && strides.every((stride) => stride === height) && dilation.every((step) => step === 1);
  if (!beside || !whole || x.rank !== 4 || !channelsLast(call))
    throw new Unsupported('its patches are not squares that fill the image beside one another');
  return call.one('SpaceToDepth', [x], { block_size: { i: height! } });
}

function resized(call: FunctionCall): Value {
  const x = call.tensor(['images', 'image'], 0);
  const [height, width] = call.integers('size', 1) ?? [];
  if (height === undefined || width === undefined || height < 1 || width < 1)
    throw new Unsupported('its size is not fixed in the file');
  return call.layer(
    'Resizing',
    {
      height,
      width,
      interpolation: call.text(['interpolation', 'method'], 'bilinear'),
      data_format: channelsLast(call) ? 'channels_last' : 'channels_first',
      antialias: call.flag('antialias', false),
      crop_to_aspect_ratio: call.flag('crop_to_aspect_ratio', false),
      pad_to_aspect_ratio: call.flag(['pad_to_aspect_ratio', 'preserve_aspect_ratio'], false),
    },
    x,
  );
}

/** By the weights of the three colours that television had. */
function grey(call: FunctionCall): Value {
  if (!channelsLast(call)) throw new Unsupported('it works on images whose channels stand first');
  const x = call.tensor(['images', 'image'], 0);
  const weighted = call.one('Mul', [x, call.row('weights', [0.2989, 0.587, 0.114])], {}, 'weighted');
  return call.one('Sum', [weighted, call.fixed('axes', [x.rank - 1])], { keep_dims: { b: true } });
}

export const imageFunctions: readonly FunctionDefinition[] = [
  { names: ['MaxPool'], write: pooled('MaxPooling') },
  { names: ['AveragePool'], write: pooled('AveragePooling') },
  { names: ['DepthToSpace'], write: blocks('DepthToSpace') },
  { names: ['SpaceToDepth'], write: blocks('SpaceToDepth') },
  { names: ['ExtractPatches'], write: patches },
  { names: ['Resize'], write: resized },
  { names: ['RGBToGrayscale'], write: grey },
];
