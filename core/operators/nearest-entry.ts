import type { ResizedAxis } from './interpolation.ts';
import type { Matrix } from './linear-map.ts';

const { fround } = Math;

/** An axis with the numbers of the file in float32, as ONNX Runtime holds them. */
export interface RoundedAxis extends Pick<ResizedAxis, 'from' | 'to'> {
  readonly scale: number;
  readonly crop: readonly [start: number, end: number];
}

/**
 * Positions in the float32 steps of ONNX Runtime: which entry is nearest hangs on them. Where the file gives a scale such as 2.2, positions
 * that are meant to be whole come out whole only by these roundings. Where it gives sizes the roundings take whole positions away:
 * the middle of 7 entries made one lies just below entry 3, and "floor" picks entry 2.
 */
export const roundedCoordinates: Readonly<Record<string, (at: number, axis: RoundedAxis) => number>> = {
  half_pixel: centred,
  pytorch_half_pixel: (at, axis) => (axis.to > 1 ? centred(at, axis) : 0),
  half_pixel_symmetric(at, { scale, from, to }) {
    const adjustment = fround(to / fround(scale * from));
    const offset = fround(fround(from / 2) * fround(1 - adjustment));
    return fround(offset + (at + 0.5) / scale - 0.5);
  },
  asymmetric: (at, { scale }) => fround(at / scale),
  align_corners: (at, { from, to }) => (to === 1 ? 0 : fround(fround(at * (from - 1)) / (to - 1))),
  tf_crop_and_resize(at, { from, to, crop: [start, end] }) {
    if (to === 1) return fround(0.5 * fround(start + end) * (from - 1));
    const along = fround(fround(fround(at * fround(end - start)) * (from - 1)) / (to - 1));
    return fround(fround(start * (from - 1)) + along);
  },
};

function centred(at: number, { scale }: RoundedAxis): number {
  return fround(fround((at + 0.5) / scale) - 0.5);
}

/** ONNX Runtime takes a position for halfway between two entries when it lies this near to it (its issue 28291; so does 1.30). */
const halfway = fround(1e-6);

/** What lies halfway between two entries goes to this one; everything else to the nearest. */
const rounding =
  (ofHalfway: (place: number) => number) =>
  (place: number): number =>
    Math.abs(place - Math.floor(place) - 0.5) <= halfway ? ofHalfway(place) : Math.floor(place + 0.5);

/** Which entry is nearest, by the name of the rule in the file. */
export const roundings: Readonly<Record<string, (place: number) => number>> = {
  round_prefer_floor: rounding(Math.floor),
  round_prefer_ceil: rounding(Math.ceil),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Every row picks the entry nearest to a position, or none where there is no position. */
export function picking(
  { from, to }: RoundedAxis,
  place: (at: number) => number | undefined,
  round: (place: number) => number,
): Matrix {
  const entries = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = place(i);
    if (at === undefined) continue;
    entries[i * from + Math.min(from - 1, Math.max(0, round(at)))] = 1;
  }
  return { rows: to, columns: from, entries };
}
