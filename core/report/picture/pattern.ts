import { mostPlanes, shownPlanes, type Pattern } from './pattern-planes.ts';
import { element, ink, label, picture, textWidth } from './svg.ts';

/** Steps on either side of zero. */
const steps = 7;

const gap = 6;
const lineHeight = 15;
const titleSize = 11;
const channelSize = 10;

/** A singular vector as pictures of its strongest channels: red above zero, blue below, paper at zero. */
export function patternPicture(pattern: Pattern, width: number): string {
  const { planes: shown, rows, columns, channels } = shownPlanes(pattern);
  const largest = shown.reduce(
    (most, { plane }) => plane.reduce((own, value) => Math.max(own, Math.abs(value)), most),
    0,
  );
  const words =
    channels > shown.length
      ? [pattern.title, `the ${shown.length} strongest of ${channels} channels`]
      : [pattern.title];
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
      ...(channels > 1
        ? [label(channelName(channel, side), { x: 0, y: tall + 11, 'font-size': channelSize, fill: ink.faint })]
        : []),
    ),
  );
  return picture(
    { width, height: titleHeight + tall + (channels > 1 ? 16 : 4), title: words.join(': '), role: 'image' },
    ...words.map((line, i) => label(line, { x: 0, y: titleSize + lineHeight * i, 'font-size': titleSize })),
    ...drawn,
  );
}

/** In full where it fits under its picture. */
function channelName(channel: number, side: number): string {
  const full = `channel ${channel}`;
  return textWidth(full, channelSize) <= side + gap ? full : `ch. ${channel}`;
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
