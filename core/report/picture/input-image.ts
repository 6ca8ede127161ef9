import type { Dimension } from '../../network/network.ts';
import { digits } from '../digits.ts';
import type { LipschitzMap } from '../map.ts';
import { element, ink, label, picture } from './svg.ts';

/** How an input's numbers lie in an image. */
export interface ImageLayout {
  readonly channels: 1 | 3;
  readonly rows: number;
  readonly columns: number;
  /** Where channel c of the pixel in this row and column stands. */
  readonly at: (channel: number, row: number, column: number) => number;
}

/** Smaller than this a picture shows nothing, and larger ones are not looked at as images. */
const sizes = { least: 4, most: 1024 };

/** [1, C, H, W] or [1, H, W, C] with one channel or three; undefined for anything else. Free sizes count as 1. */
export function imageLayout(shape: readonly Dimension[] | null): ImageLayout | undefined {
  if (shape?.length !== 4) return undefined;
  const [batch, a, b, c] = shape.map((size) => (typeof size === 'number' ? size : 1)) as [
    number,
    number,
    number,
    number,
  ];
  if (batch !== 1) return undefined;
  if (isChannels(a) && isImage(b, c))
    return { channels: a, rows: b, columns: c, at: (channel, row, column) => (channel * b + row) * c + column };
  if (isChannels(c) && isImage(a, b))
    return { channels: c, rows: a, columns: b, at: (channel, row, column) => (row * b + column) * c + channel };
  return undefined;
}

const isChannels = (count: number): count is 1 | 3 => count === 1 || count === 3;
const isImage = (rows: number, columns: number): boolean =>
  Math.min(rows, columns) >= sizes.least && Math.max(rows, columns) <= sizes.most;

export const inputLayout = ({ model }: Pick<LipschitzMap, 'model'>): ImageLayout | undefined =>
  imageLayout(model.inputs.find(({ name }) => name === model.input)?.shape ?? null);

/** Pixels along the longer side; larger images are shown by every n-th pixel. */
const mostPixels = 64;

/** One byte a channel: grey or red, green, blue, row by row. */
export interface Pixels {
  readonly rows: number;
  readonly columns: number;
  readonly rgb: Uint8Array;
}

/** The point as it would be seen: its smallest number is black, its largest white. */
export function pointPixels(
  layout: ImageLayout,
  values: ArrayLike<number>,
): Pixels & { readonly low: number; readonly high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) [low, high] = [Math.min(low, values[i]!), Math.max(high, values[i]!)];
  const shade = (value: number): number => (high > low ? Math.round((255 * (value - low)) / (high - low)) : 128);
  return { ...pixels(layout, (channel, at) => shade(values[at(channel)]!)), low, high };
}

/** A direction as it changes the image: grey where it changes nothing, lighter and darker (channel by channel) where it adds and takes. */
export function directionPixels(layout: ImageLayout, values: ArrayLike<number>): Pixels {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  const shade = (value: number): number => Math.round(127.5 * (1 + (most === 0 ? 0 : value / most)));
  return pixels(layout, (channel, at) => shade(values[at(channel)]!));
}

function pixels(
  { channels, rows, columns, at }: ImageLayout,
  shade: (channel: number, place: (channel: number) => number) => number,
): Pixels {
  const every = Math.ceil(Math.max(rows, columns) / mostPixels);
  const [tall, wide] = [Math.ceil(rows / every), Math.ceil(columns / every)];
  const rgb = new Uint8Array(3 * tall * wide);
  for (let row = 0; row < tall; row++)
    for (let column = 0; column < wide; column++)
      for (let channel = 0; channel < 3; channel++)
        rgb[3 * (row * wide + column) + channel] = shade(channels === 1 ? 0 : channel, (own) =>
          at(own, row * every, column * every),
        );
  return { rows: tall, columns: wide, rgb };
}

const titleHeight = 16;

/** The base point and the two directions of a map's plane as images; '' where the input is none. */
export function planeImages(map: LipschitzMap, side: number): string {
  const layout = inputLayout(map);
  if (layout === undefined) return '';
  const { origin, first, second, names } = map.plane;
  const point = pointPixels(layout, origin);
  const shown = [
    { title: `base point (${digits(point.low, 'nearest')} to ${digits(point.high, 'nearest')})`, image: point },
    { title: `across: ${names[0]}`, image: directionPixels(layout, first) },
    { title: `up: ${names[1]}`, image: directionPixels(layout, second) },
  ];
  const step = side + 14;
  const tall = side * Math.min(1, layout.rows / layout.columns);
  return picture(
    {
      width: 3 * step,
      height: titleHeight + tall + 2,
      title: `The plane as images: ${shown.map(({ title }) => title).join('; ')}`,
      role: 'image',
    },
    ...shown.map(({ title, image }, i) =>
      element(
        'g',
        { transform: `translate(${i * step} 0)` },
        label(title, { x: 0, y: 11, 'font-size': 10.5 }),
        element(
          'g',
          { transform: `translate(0 ${titleHeight})`, 'shape-rendering': 'crispEdges' },
          ...squares(image, side / Math.max(image.rows, image.columns)),
        ),
      ),
    ),
  );
}

/** Runs of pixels of one colour as one rectangle. */
function squares({ rows, columns, rgb }: Pixels, pixel: number): readonly string[] {
  const paths = new Map<string, string>();
  const colour = (row: number, column: number): string => {
    const at = 3 * (row * columns + column);
    // Sixteen steps a channel: what the eye tells apart, in a file that stays small.
    return [0, 1, 2].map((channel) => Math.round(rgb[at + channel]! / 17).toString(16)).join('');
  };
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns;) {
      const own = colour(row, column);
      const start = column;
      while (column < columns && colour(row, column) === own) column++;
      const [x, y] = [round(start * pixel), round(row * pixel)];
      paths.set(
        own,
        `${paths.get(own) ?? ''}M${x} ${y}h${round((column - start) * pixel)}v${round(pixel)}h${round((start - column) * pixel)}z`,
      );
    }
  return [
    ...[...paths].map(([own, d]) => element('path', { d, fill: `#${own}` })),
    element('rect', { width: round(columns * pixel), height: round(rows * pixel), fill: 'none', stroke: ink.grid }),
  ];
}

const round = (value: number): number => Math.round(value * 100) / 100;
