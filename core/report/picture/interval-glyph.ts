import { agree } from '../digits.ts';
import { intervalWords } from '../words.ts';
import type { ShownInterval } from '../words.ts';
import type { LogScale } from './scale.ts';
import { position } from './scale.ts';
import { dataColour, element, ink, picture } from './svg.ts';
import type { Canvas } from './svg.ts';

export interface GlyphPlace extends Pick<Canvas, 'role'> {
  readonly scale: LogScale;
  readonly width: number;
  readonly height: number;
}

/**
 * The interval itself: a bar from the lower to the upper end on a common log scale, with a thin line where 1 is. A closed
 * interval is a diamond; an unbounded one runs dashed into an arrow; each is told apart by shape, colour only adds.
 */
export function intervalGlyph(interval: ShownInterval, { scale, width, height, role }: GlyphPlace): string {
  const inset = 5;
  const x = (value: number): number => inset + position(scale, value) * (width - 2 * inset);
  const middle = height / 2;
  const one = element('path', { d: `M${x(1)} 1V${height - 1}`, stroke: ink.grid, 'stroke-width': 1 });
  const { lower, upper } = interval;
  const body =
    upper.kind === 'value'
      ? agree(lower, upper.value)
        ? diamond(x(upper.value), middle, dataColour(position(scale, upper.value)).fill)
        : bar(x(lower), x(upper.value), middle, dataColour(position(scale, upper.value)).fill)
      : arrow(x(lower), width - 1, middle, upper.kind === 'pending' ? '1 3' : '4 2');
  return picture({ width, height, title: intervalWords(interval), role }, one, body);
}

const diamond = (x: number, y: number, fill: string): string =>
  element('path', { d: path`M${x - 4} ${y}L${x} ${y - 4.5}L${x + 4} ${y}L${x} ${y + 4.5}Z`, fill, stroke: ink.line });

function bar(from: number, to: number, y: number, fill: string): string {
  const width = Math.max(2, to - from);
  const ends = path`M${from} ${y - 5}V${y + 5}M${from + width} ${y - 5}V${y + 5}`;
  return (
    element('rect', { x: from, y: y - 3, width, height: 6, fill, stroke: ink.line, 'stroke-width': 0.75 }) +
    element('path', { d: ends, stroke: ink.line, 'stroke-width': 1.5 })
  );
}

/** From the lower end into the open. */
const arrow = (from: number, to: number, y: number, dash: string): string =>
  element('path', { d: path`M${from} ${y - 5}V${y + 5}`, stroke: ink.line, 'stroke-width': 1.5 }) +
  element('path', {
    d: path`M${from} ${y}H${to - 1}`,
    stroke: ink.line,
    'stroke-width': 1.5,
    'stroke-dasharray': dash,
  }) +
  element('path', { d: path`M${to - 5} ${y - 4}L${to} ${y}L${to - 5} ${y + 4}`, fill: 'none', stroke: ink.line });

/** Path data with coordinates to a hundredth. */
export function path(strings: TemplateStringsArray, ...numbers: readonly number[]): string {
  return String.raw({ raw: strings }, ...numbers.map((number) => Math.round(number * 100) / 100));
}
