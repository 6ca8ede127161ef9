import type { Attributes } from '../tensorflow/draft.ts';
import { padsOf, windowCount, type Window } from '../tensorflow/padding.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { Value, type Sizes } from '../tensorflow/value.ts';
import type { Operation } from './operation.ts';

/** Where a value's channels are: last, or second where data_format says so. */
export interface Image {
  readonly name: string;
  readonly batch: number | null;
  readonly channels: number | null;
  /** The sizes between which windows slide. */
  readonly spatial: Sizes;
  made(name: string, channels: number | null, spatial: Sizes): Value;
}

const channelsSecond = ({ attributes }: Operation): boolean => attributes.text('data_format', 'NHWC').startsWith('NC');

export function imageOf(operation: Operation, given: Value, axes: number): Image {
  const x = given.withRank(axes + 2);
  const batch = x.shape[0] ?? null;
  const { draft } = operation;
  if (channelsSecond(operation)) {
    return {
      name: x.name,
      batch,
      channels: x.shape[1] ?? null,
      spatial: x.shape.slice(2),
      made: (name, channels, spatial) => Value.plain(draft, name, [batch, channels, ...spatial]),
    };
  }
  return {
    name: x.firstName,
    batch,
    channels: x.shape.at(-1) ?? null,
    spatial: x.shape.slice(1, -1),
    made: (name, channels, spatial) => Value.channelsFirst(draft, name, [batch, ...spatial, channels]),
  };
}

/** One number per spatial axis out of one per axis of the tensor. */
export function perSpatialAxis(operation: Operation, name: string, axes: number): readonly number[] {
  const all = operation.attributes.integers(name);
  if (all.length === 0) return Array.from({ length: axes }, () => 1);
  // The pseudo-operation Conv1D of old converters says a single number.
  if (all.length === 1) return Array.from({ length: axes }, () => all[0]!);
  if (all.length !== axes + 2) throw new Unsupported(`its ${name} are ${all.length} numbers instead of ${axes + 2}`);
  const [batch, channels] = channelsSecond(operation) ? [all[0], all[1]] : [all[0], all.at(-1)];
  if (batch !== 1 || channels !== 1) throw new Unsupported(`its ${name} go along the batch or the channels as well`);
  const spatial = channelsSecond(operation) ? all.slice(2) : all.slice(1, -1);
  if (spatial.some((size) => size < 1)) throw new Unsupported(`its ${name} are not all positive`);
  return spatial;
}

export interface Sliding {
  readonly attributes: Attributes;
  readonly counts: Sizes;
}

/** How windows slide over an image, in the words of ONNX. */
export function sliding(operation: Operation, image: Image, windows: readonly Window[], explicit?: Pads): Sliding {
  const given = operation.attributes.text('padding', 'VALID');
  const pads = explicit ?? (given === 'EXPLICIT' ? explicitPads(operation, windows.length) : undefined);
  const own = {
    kernel_shape: windows.map(({ kernel }) => kernel),
    strides: windows.map(({ stride }) => stride),
    dilations: windows.map(({ dilation }) => dilation),
  };
  if (pads !== undefined) {
    const counts = windows.map((window, axis) => {
      const size = image.spatial[axis] ?? null;
      return size === null ? null : windowCount(size + pads[axis]![0] + pads[axis]![1], window, 'valid');
    });
    return { attributes: { ...own, pads: inOnnxOrder(pads) }, counts };
  }
  if (given !== 'VALID' && given !== 'SAME') throw new Unsupported(`its padding ${given} is not known`);
  const padding = given === 'VALID' ? 'valid' : 'same';
  const found = windows.map((window, axis) => padsOf(image.spatial[axis] ?? null, window, padding));
  const known = found.every((pad) => pad !== undefined);
  return {
    attributes: { ...own, ...(known ? { pads: inOnnxOrder(found) } : { auto_pad: 'SAME_UPPER' }) },
    counts: windows.map((window, axis) => windowCount(image.spatial[axis] ?? null, window, padding)),
  };
}

export type Pads = readonly (readonly [number, number])[];

export const inOnnxOrder = (pads: Pads): readonly number[] => [
  ...pads.map(([begin]) => begin),
  ...pads.map(([, end]) => end),
];

/** Pairs for every axis of the tensor, the batch and the channels with none. */
export function explicitPads(operation: Operation, axes: number): Pads {
  const all = operation.attributes.integers('explicit_paddings');
  if (all.length !== 2 * (axes + 2) || all.some((size) => size < 0))
    throw new Unsupported('its explicit paddings do not fit its axes');
  const pairs = Array.from({ length: axes + 2 }, (_, axis) => [all[2 * axis]!, all[2 * axis + 1]!] as const);
  return channelsSecond(operation) ? pairs.slice(2) : pairs.slice(1, -1);
}
