import type { LogScale } from './scale.ts';
import { closeScale, position } from './scale.ts';

/** Which number of a cell its colour stands for. `width` is upper over lower: how much is not known. */
export type MapColour = 'upper' | 'lower' | 'width';

export interface ColourScale {
  readonly kind: 'log' | 'linear';
  readonly from: number;
  readonly to: number;
}

/** The scale that holds all these values; zeros and what is not finite are drawn at its ends. */
export const scaleOf = (values: Float64Array, kind: ColourScale['kind']): ColourScale =>
  scaleBetween(extremesOf(values, kind), kind);

/** The least and the largest of the values that have a place on such a scale; without any, the largest is 0. */
export interface Extremes {
  readonly low: number;
  readonly high: number;
}

export function extremesOf(values: Float64Array, kind: ColourScale['kind']): Extremes {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  // By index: the first map of a page comes before this is compiled, and an iterator makes an object for every cell then.
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value) || (kind === 'log' && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

export const jointExtremes = (one: Extremes, other: Extremes): Extremes => ({
  low: Math.min(one.low, other.low),
  high: Math.max(one.high, other.high),
});

export function scaleBetween({ low, high }: Extremes, kind: ColourScale['kind']): ColourScale {
  if (!(high > 0)) return { kind, from: kind === 'log' ? 0.1 : 0, to: 1 };
  if (kind === 'linear') return { kind, from: 0, to: high };
  const { from, to }: LogScale = closeScale([low, high]);
  return { kind, from, to };
}

/**
 * While cells stream in: the scale of before, as long as it holds them all and is not much too wide. Every change of the scale
 * is a change of every colour, for the eye and for the processor.
 */
export function steadyScale(
  before: ColourScale | undefined,
  extremes: Extremes,
  kind: ColourScale['kind'],
): ColourScale {
  const wanted = scaleBetween(extremes, kind);
  if (before?.kind !== kind || !(extremes.high > 0)) return wanted;
  const holds = extremes.high <= before.to && (kind === 'linear' || extremes.low >= before.from);
  return holds && spanOf(wanted) > 0.6 * spanOf(before) ? before : withRoom(wanted);
}

const spanOf = ({ kind, from, to }: ColourScale): number => (kind === 'log' ? Math.log(to / from) : to - from);

/** A little more than is needed now, for what is still to come. */
const withRoom = (scale: ColourScale): ColourScale =>
  scale.kind === 'log'
    ? { ...scale, from: scale.from * (scale.from / scale.to) ** 0.1, to: scale.to * (scale.to / scale.from) ** 0.1 }
    : { ...scale, to: 1.2 * scale.to };

/** 0 at the small end, 1 at the large one, clamped. */
export function placeOn(scale: ColourScale, value: number): number {
  if (value === Number.POSITIVE_INFINITY) return 1;
  if (scale.kind === 'log') return position(scale, value);
  return Math.min(1, Math.max(0, (value - scale.from) / (scale.to - scale.from)));
}

/** The eight steps of the sequential data scale (main.css), between which colours are mixed. */
const steps = [
  [0x44, 0x01, 0x54],
  [0x46, 0x32, 0x7e],
  [0x36, 0x5c, 0x8d],
  [0x27, 0x7f, 0x8e],
  [0x1f, 0xa1, 0x87],
  [0x4a, 0xc1, 0x6d],
  [0xa0, 0xda, 0x39],
  [0xfd, 0xe7, 0x25],
] as const;

export type Colour = readonly [red: number, green: number, blue: number];

export function colourAt(place: number): Colour {
  const at = Math.min(1, Math.max(0, place)) * (steps.length - 1);
  const below = Math.min(steps.length - 2, Math.floor(at));
  const [a, b] = [steps[below]!, steps[below + 1]!];
  const mixed = (i: 0 | 1 | 2): number => Math.round(a[i] + (at - below) * (b[i] - a[i]));
  return [mixed(0), mixed(1), mixed(2)];
}

export const css = ([red, green, blue]: Colour): string => `rgb(${red}, ${green}, ${blue})`;
