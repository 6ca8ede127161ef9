import type { Norm, Rigor } from '../../bound.ts';
import { agree, digits } from '../digits.ts';
import type { BoundEntry, Inspection } from '../inspection.ts';
import { methodWords } from '../method-names.ts';
import { intervalWords, mark, ofNetwork, unboundedMark } from '../words.ts';
import type { ShownInterval } from '../words.ts';
import { path } from './interval-glyph.ts';
import { placeFlags, type PlacedFlag } from './label-places.ts';
import type { LogScale } from './scale.ts';
import { closeScale, logTicks, position } from './scale.ts';
import { element, escaped, ink, label, picture, shortened, textWidth } from './svg.ts';

/** The best value that one method has given for one side. */
interface MethodTick {
  readonly method: string;
  readonly value: number;
  readonly rigor: Rigor;
}

const fontSize = 11;
const rowHeight = 15;

/**
 * The network's constant on a log axis: between the ends the bar, every method one tick (upper ends above the bar, lower
 * ends below), the two best ends bold.
 */
export function networkBar(inspection: Inspection, width: number): string {
  const best = inspection.lipschitz[inspection.norm];
  if (best === undefined) return '';
  const interval = ofNetwork(best);
  const uppers = methodTicks(inspection.bounds, 'upper', inspection.norm);
  const lowers = methodTicks(inspection.bounds, 'lower', inspection.norm);
  const ends = interval.upper.kind === 'value' ? [interval.upper.value] : [interval.lower * 2];
  const values = [...uppers, ...lowers].map((tick) => tick.value);
  const scale = closeScale([interval.lower, ...ends, ...values]);

  const inset = 14;
  const x = (value: number): number => inset + position(scale, value) * (width - 2 * inset);
  const above = placed(uppers, x, width);
  const below = placed(lowers, x, width);
  const barTop = 24 + rowsOf(above) * rowHeight + 6;
  const barBottom = barTop + 18;
  const axis = barBottom + 8 + rowsOf(below) * rowHeight + 8;
  return picture(
    { width, height: axis + 18, title: `The network's constant is ${intervalWords(interval)}`, role: 'image' },
    axisLine(scale, x, axis, barTop, width),
    theBar(interval, x, barTop, barBottom, width - 2),
    ...above.map((tick) => methodLine(tick, barTop, 'above')),
    ...below.map((tick) => methodLine(tick, barBottom, 'below')),
    ...above.map((tick) => methodLabel(tick, barTop, 'above')),
    ...below.map((tick) => methodLabel(tick, barBottom, 'below')),
    boldEnds(interval, x, barTop, barBottom, width),
  );
}

function methodTicks(bounds: readonly BoundEntry[], side: BoundEntry['side'], norm: Norm): readonly MethodTick[] {
  const best = new Map<string, MethodTick>();
  for (const { method, value, rigor, side: of, norm: measured } of bounds) {
    if (of !== side || measured !== norm) continue;
    const known = best.get(`${method} ${rigor}`);
    const better = known === undefined || (side === 'upper' ? value < known.value : value > known.value);
    if (better) best.set(`${method} ${rigor}`, { method, value, rigor });
  }
  return [...best.values()].sort((a, b) => a.value - b.value);
}

interface PlacedTick {
  readonly x: number;
  readonly row: number;
  readonly left: number;
  readonly wide: number;
  readonly anchor: PlacedFlag['anchor'];
  readonly text: string;
  readonly title: string;
}

/** The tick's line leads to its label. */
function placed(ticks: readonly MethodTick[], x: (value: number) => number, width: number): readonly PlacedTick[] {
  const labels = ticks.map(({ method, value, rigor }) => {
    const text = shortened(`${methodWords(method)} ${mark[rigor]}`, width * 0.6, fontSize);
    const title = `${methodWords(method)}: ${digits(value, 'nearest')}, ${rigor}`;
    return { x: x(value), wide: textWidth(text, fontSize), text, title };
  });
  const places = placeFlags(labels, width);
  return labels.map((tick, k) => ({ ...tick, ...places[k]! }));
}

const rowsOf = (ticks: readonly PlacedTick[]): number => ticks.reduce((rows, tick) => Math.max(rows, tick.row + 1), 0);

const lineEnd = ({ row }: PlacedTick, edge: number, where: 'above' | 'below'): number =>
  edge + (where === 'above' ? -1 : 1) * (6 + row * rowHeight);

const methodLine = (tick: PlacedTick, edge: number, where: 'above' | 'below'): string =>
  element('path', { d: path`M${tick.x} ${edge}V${lineEnd(tick, edge, where)}`, stroke: ink.faint });

const shareBefore = { start: 0, middle: 0.5, end: 1 } as const;

/** After all lines and with paper around the letters: the line of one method passes behind the name of another. */
function methodLabel(tick: PlacedTick, edge: number, where: 'above' | 'below'): string {
  const end = lineEnd(tick, edge, where);
  const y = where === 'above' ? end - 3 : end + fontSize;
  const paper = { stroke: ink.paper, 'stroke-width': 4, 'stroke-linejoin': 'round', 'paint-order': 'stroke' };
  return element(
    'g',
    {},
    element('title', {}, escaped(tick.title)),
    label(tick.text, {
      x: tick.left + shareBefore[tick.anchor] * tick.wide,
      y,
      'text-anchor': tick.anchor,
      'font-size': fontSize,
      fill: ink.faint,
      ...paper,
    }),
  );
}

function axisLine(scale: LogScale, x: (value: number) => number, y: number, top: number, width: number): string {
  const ticks = logTicks(scale, Math.max(2, Math.floor(width / 70)));
  return (
    element('path', { d: path`M2 ${y}H${width - 2}`, stroke: ink.grid }) +
    ticks
      .map(
        (value) =>
          element('path', { d: path`M${x(value)} ${top}V${y + 3}`, stroke: ink.grid, 'stroke-dasharray': '1 3' }) +
          label(digits(value, 'nearest'), {
            x: x(value),
            y: y + 14,
            'font-size': 10,
            'text-anchor': 'middle',
            fill: ink.faint,
          }),
      )
      .join('')
  );
}

function theBar(
  interval: ShownInterval,
  x: (value: number) => number,
  top: number,
  bottom: number,
  end: number,
): string {
  const { lower, upper } = interval;
  const known = upper.kind === 'value';
  const from = x(lower);
  const to = known ? Math.max(from + 2, x(upper.value)) : end;
  const outline = known ? {} : { 'stroke-dasharray': upper.kind === 'pending' ? '1 3' : '5 3' };
  const box = { x: from, y: top, width: to - from, height: bottom - top };
  return element('rect', { ...box, fill: known ? ink.bar : 'none', stroke: ink.line, ...outline });
}

/** The two numbers that count, bold, on the line above everything else. */
function boldEnds(
  interval: ShownInterval,
  x: (value: number) => number,
  top: number,
  bottom: number,
  width: number,
): string {
  const { lower, lowerRigor, upper } = interval;
  const end = (at: number): string =>
    element('path', { d: path`M${at} ${top - 5}V${bottom + 5}`, stroke: ink.line, 'stroke-width': 3 });
  const bold = (text: string, at: number, anchor: 'start' | 'middle' | 'end'): string =>
    label(text, { x: at, y: 14, 'font-size': 13, 'font-weight': 700, 'text-anchor': anchor });
  const zeros = upper.kind === 'value' ? 'kept' : 'dropped';
  const lowText = `${digits(lower, 'down', zeros)} ${mark[lowerRigor]}`;
  if (upper.kind !== 'value') {
    const word = { unbounded: `unbounded ${unboundedMark}`, unsupported: 'no upper end', pending: 'pending' }[
      upper.kind
    ];
    return end(x(lower)) + bold(`≥ ${lowText}`, 2, 'start') + bold(word, width - 2, 'end');
  }
  const highText = `${digits(upper.value, 'up', 'kept')} ${mark[upper.rigor]}`;
  if (agree(lower, upper.value)) {
    const at = Math.min(width - 40, Math.max(40, x(upper.value)));
    return end(x(upper.value)) + bold(`= ${digits(upper.value, 'nearest')} ${mark[upper.rigor]}`, at, 'middle');
  }
  const [low, high] = apart(x(lower), x(upper.value), textWidth(lowText, 13), textWidth(highText, 13), width);
  return end(x(lower)) + end(x(upper.value)) + bold(lowText, low, 'middle') + bold(highText, high, 'middle');
}

/** Centres of the two numbers: over their ends where there is room, pushed apart where there is not. */
function apart(low: number, high: number, lowWide: number, highWide: number, width: number): readonly [number, number] {
  const need = (lowWide + highWide) / 2 + 10;
  const push = Math.max(0, need - (high - low)) / 2;
  const left = Math.max(lowWide / 2 + 2, low - push);
  const right = Math.min(width - highWide / 2 - 2, Math.max(high + push, left + need));
  return [Math.min(left, right - need), right];
}
