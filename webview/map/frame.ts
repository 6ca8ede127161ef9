import type { MapRange } from '../../core/report/map.ts';

/** The part of the plane that is on screen, and where on the canvas, in CSS pixels. */
export interface Frame {
  readonly view: readonly [MapRange, MapRange];
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Room for the numbers beside the axes. */
const margins = { left: 46, right: 10, top: 8, bottom: 34 };

export const frameOf = (view: Frame['view'], width: number, height: number): Frame => ({
  view,
  left: margins.left,
  top: margins.top,
  width: Math.max(1, width - margins.left - margins.right),
  height: Math.max(1, height - margins.top - margins.bottom),
});

export const xOf = ({ view: [[from, to]], left, width }: Frame, u: number): number =>
  left + ((u - from) / (to - from)) * width;

export const yOf = ({ view: [, [from, to]], top, height }: Frame, v: number): number =>
  top + height - ((v - from) / (to - from)) * height;

export const pointAt = (frame: Frame, x: number, y: number): readonly [u: number, v: number] => {
  const [[left, right], [bottom, top]] = frame.view;
  return [
    left + ((x - frame.left) / frame.width) * (right - left),
    bottom + ((frame.top + frame.height - y) / frame.height) * (top - bottom),
  ];
};

const scaled = ([from, to]: MapRange, factor: number, around: number): MapRange => [
  around + (from - around) * factor,
  around + (to - around) * factor,
];

const moved = ([from, to]: MapRange, share: number): MapRange => [from + share * (to - from), to + share * (to - from)];

/** A factor below 1 shows less of the plane, larger. */
export const zoomed = (view: Frame['view'], factor: number, [u, v]: readonly [number, number]): Frame['view'] => [
  scaled(view[0], factor, u),
  scaled(view[1], factor, v),
];

/** By shares of what is on screen. */
export const panned = (view: Frame['view'], right: number, up: number): Frame['view'] => [
  moved(view[0], right),
  moved(view[1], up),
];

export const middleOf = ([[left, right], [bottom, top]]: Frame['view']): readonly [number, number] => [
  (left + right) / 2,
  (bottom + top) / 2,
];
