import { element, ink, label, picture, textWidth } from './svg.ts';

/** One side of a singular pair, as planes: the channels of an image, or a single row. */
export interface Pattern {
  readonly values: readonly number[];
  /** Of the tensor, with its batch axis. */
  readonly shape: readonly number[];
  readonly title: string;
}

/** Channels shown, those with most of the length first, and pixels along a side. */
const mostPlanes = 6;
const mostPixels = 32;
/** Steps on either side of zero. */
const steps = 7;

const gap = 6;
const lineHeight = 15;
const titleSize = 11;
const channelSize = 10;

/** A singular vector as pictures of its strongest channels: red above zero, blue below, paper at zero. */
export function patternPicture({ values, shape, title }: Pattern, width: number): string {
  const { planes, rows, columns } = planesOf(values, shape);
  const shown = planes
    .map((plane, channel) => ({ plane, channel, strength: plane.reduce((sum, value) => sum + value * value, 0) }))
    .sort((a, b) => b.strength - a.strength)
    .slice(0, rows === 1 ? 1 : mostPlanes);
  const largest = shown.reduce(
    (most, { plane }) => plane.reduce((own, value) => Math.max(own, Math.abs(value)), most),
    0,
  );
  const others = planes.length - shown.length;
  const words = others > 0 ? [title, `the ${shown.length} strongest of ${planes.length} channels`] : [title];
  const titleHeight = lineHeight * words.length + 1;
  const side = (width - gap * (mostPlanes - 1)) / mostPlanes;
  const strip = rows === 1;
  const pixel = strip ? width / columns : side / Math.max(rows, columns);
  const tall = strip ? 14 : rows * pixel;
  const drawn = shown.map(({ plane, channel }, at) =>
    element(
      'g',
      { transform: `translate(${strip ? 0 : Math.round(at * (side + gap))} ${titleHeight})` },
      ...squares(plane, columns, pixel, strip ? tall : pixel, largest),
      element('rect', { width: columns * pixel, height: tall, fill: 'none', stroke: ink.grid }),
      ...(planes.length > 1
        ? [label(channelName(channel, side), { x: 0, y: tall + 11, 'font-size': channelSize, fill: ink.faint })]
        : []),
    ),
  );
  return picture(
    { width, height: titleHeight + tall + (planes.length > 1 ? 16 : 4), title: words.join(': '), role: 'image' },
    ...words.map((line, i) => label(line, { x: 0, y: titleSize + lineHeight * i, 'font-size': titleSize })),
    ...drawn,
  );
}

/** In full where it fits under its picture. */
function channelName(channel: number, side: number): string {
  const full = `channel ${channel}`;
  return textWidth(full, channelSize) <= side + gap ? full : `ch. ${channel}`;
}

/** [1, channels, rows, columns] as its planes, large ones by the mean over blocks; anything else as one row. */
function planesOf(
  values: readonly number[],
  shape: readonly number[],
): { planes: Float64Array[]; rows: number; columns: number } {
  const [, channels, height, width] = shape;
  if (shape.length !== 4 || shape[0] !== 1 || height! * width! === 1)
    return {
      planes: [shrunk(values, 1, values.length, 8 * mostPixels)],
      rows: 1,
      columns: Math.min(values.length, 8 * mostPixels),
    };
  const [rows, columns] = [Math.min(height!, mostPixels), Math.min(width!, mostPixels)];
  const planes = Array.from({ length: channels! }, (_, c) => {
    const plane = values.slice(c * height! * width!, (c + 1) * height! * width!);
    return blocks(plane, height!, width!, rows, columns);
  });
  return { planes, rows, columns };
}

const shrunk = (values: readonly number[], rows: number, columns: number, most: number): Float64Array =>
  blocks(values, rows, columns, rows, Math.min(columns, most));

/** Means over blocks of about equal size. */
function blocks(plane: readonly number[], height: number, width: number, rows: number, columns: number): Float64Array {
  const sums = new Float64Array(rows * columns);
  const counts = new Float64Array(rows * columns);
  plane.forEach((value, i) => {
    const at =
      Math.floor((Math.floor(i / width) * rows) / height) * columns + Math.floor(((i % width) * columns) / width);
    sums[at]! += value;
    counts[at]!++;
  });
  return sums.map((sum, i) => sum / counts[i]!);
}

/** All squares of one colour in one path: thousands of pixels in at most fourteen elements. */
function squares(plane: Float64Array, columns: number, wide: number, tall: number, largest: number): string[] {
  const paths = new Map<number, string>();
  plane.forEach((value, i) => {
    const step = largest > 0 ? Math.round((steps * value) / largest) : 0;
    if (step === 0) return;
    const [x, y] = [round((i % columns) * wide), round(Math.floor(i / columns) * tall)];
    paths.set(
      step,
      `${paths.get(step) ?? ''}M${x} ${y}h${round(wide + 0.2)}v${round(tall + 0.2)}h-${round(wide + 0.2)}z`,
    );
  });
  return [...paths].map(([step, d]) =>
    element('path', { d, fill: step > 0 ? warm : cold, 'fill-opacity': Math.abs(step) / steps }),
  );
}

/** The ends of the diverging scale; what lies between lets the paper through. */
const warm = 'var(--lipschitz-above, #b2182b)';
const cold = 'var(--lipschitz-below, #2166ac)';

const round = (value: number): number => Math.round(value * 100) / 100;
