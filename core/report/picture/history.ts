import type { Rigor } from '../../bound.ts';
import { digits, duration } from '../digits.ts';
import type { BoundEntry, Inspection } from '../inspection.ts';
import { path } from './interval-glyph.ts';
import { closeScale, linearTicks, logTicks, position } from './scale.ts';
import { element, ink, label, picture } from './svg.ts';

interface Step {
  readonly seconds: number;
  readonly value: number;
}

/** Both ends against time, as steps: what was known at each moment. '' until there are two moments to tell apart. */
export function history(inspection: Inspection, width: number): string {
  const bounds = inspection.bounds.filter(({ norm }) => norm === inspection.norm);
  const upper = record(bounds, 'upper');
  const lower = record(bounds, 'lower');
  const end = Math.max(inspection.seconds, ...bounds.map(({ seconds }) => seconds));
  if (upper.length + lower.length < 2 || !(end > 0)) return '';

  const [left, top, bottom, height] = [52, 8, 122, 140];
  const scale = closeScale([...upper, ...lower].map(({ value }) => value));
  const x = (seconds: number): number => left + (seconds / end) * (width - left - 56);
  const y = (value: number): number => bottom - position(scale, value) * (bottom - top);

  const rows = logTicks(scale, 4).map(
    (value) =>
      element('path', { d: path`M${left} ${y(value)}H${width - 52}`, stroke: ink.grid, 'stroke-dasharray': '1 3' }) +
      label(digits(value, 'nearest'), { x: left - 6, y: y(value) + 3.5, 'text-anchor': 'end', ...small }),
  );
  const columns = linearTicks(0, end, Math.max(2, Math.floor(width / 120))).map((seconds) =>
    label(seconds === 0 ? '0' : seconds < 1 ? duration(seconds) : `${seconds} s`, {
      x: x(seconds),
      y: bottom + 14,
      'text-anchor': 'middle',
      ...small,
    }),
  );
  const axis = element('path', { d: path`M${left} ${top}V${bottom}H${width - 52}`, stroke: ink.faint, fill: 'none' });
  const title = `Both ends against time: ${said('upper', upper)}; ${said('lower', lower)}; over ${duration(end)}`;
  return picture(
    { width, height, title, role: 'image' },
    ...rows,
    ...columns,
    axis,
    between(upper, lower, x, y, end),
    steps(upper, x, y, end, 'upper'),
    steps(lower, x, y, end, 'lower'),
    ...names(upper, lower, x, y, end),
  );
}

const lineHeight = 13;
const small = { 'font-size': 10, fill: ink.faint };

/** The best so far at each moment; weaker evidence counts only where there is no certified value at all. */
function record(bounds: readonly BoundEntry[], side: BoundEntry['side']): readonly Step[] {
  const ofSide = bounds.filter((bound) => bound.side === side);
  const certified: Rigor = 'certified';
  const strong = ofSide.filter(({ rigor }) => rigor === certified);
  const best: Step[] = [];
  for (const { seconds, value } of (strong.length > 0 ? strong : ofSide).toSorted((a, b) => a.seconds - b.seconds)) {
    const last = best.at(-1)?.value;
    if (last === undefined || (side === 'upper' ? value < last : value > last)) best.push({ seconds, value });
  }
  return best;
}

function said(side: string, steps: readonly Step[]): string {
  const [first, last] = [steps.at(0), steps.at(-1)];
  if (first === undefined || last === undefined) return `no ${side} end`;
  return `the ${side} end goes from ${digits(first.value, 'nearest')} to ${digits(last.value, 'nearest')}`;
}

type Axis = (value: number) => number;

/** Horizontal until the next value is known, then straight up or down. */
function stairs(steps: readonly Step[], x: Axis, y: Axis, end: number): string {
  const moves = steps.map(({ seconds, value }, i) =>
    i === 0 ? path`M${x(seconds)} ${y(value)}` : path`H${x(seconds)}V${y(value)}`,
  );
  return moves.join('') + path`H${x(end)}`;
}

function steps(of: readonly Step[], x: Axis, y: Axis, end: number, side: 'upper' | 'lower'): string {
  if (of.length === 0) return '';
  const dash = side === 'upper' ? undefined : '5 2';
  const line = { fill: 'none', stroke: ink.line, 'stroke-width': 2, 'stroke-dasharray': dash };
  const dots = of.map(({ seconds, value }) =>
    element('circle', { cx: x(seconds), cy: y(value), r: 2.5, fill: ink.line }),
  );
  return element('path', { d: stairs(of, x, y, end), ...line }) + dots.join('');
}

/** Each line's name behind it; where the ends meet, one stands above the other. */
function names(upper: readonly Step[], lower: readonly Step[], x: Axis, y: Axis, end: number): readonly string[] {
  const [highest, lowest] = [upper.at(-1), lower.at(-1)];
  const above = highest && y(highest.value);
  const below = lowest && y(lowest.value) + 8;
  const name = (words: string, height: number): string =>
    label(words, { x: x(end) + 6, y: height, 'font-size': 11, 'font-weight': 600 });
  return [
    ...(above === undefined ? [] : [name('upper', above)]),
    ...(below === undefined ? [] : [name('lower', Math.max(below, (above ?? 0) + lineHeight))]),
  ];
}

/** What is not known: the area between the two, from the moment when both are there. */
function between(upper: readonly Step[], lower: readonly Step[], x: Axis, y: Axis, end: number): string {
  const [firstUpper, firstLower] = [upper.at(0), lower.at(0)];
  if (firstUpper === undefined || firstLower === undefined) return '';
  const start = Math.max(firstUpper.seconds, firstLower.seconds);
  const from = (steps: readonly Step[]): readonly Step[] => {
    const known = steps.findLast(({ seconds }) => seconds <= start);
    const later = steps.filter(({ seconds }) => seconds > start);
    return known === undefined ? later : [{ seconds: start, value: known.value }, ...later];
  };
  const above = stairs(from(upper), x, y, end);
  const back = from(lower)
    .toReversed()
    .map(({ seconds, value }) => path`V${y(value)}H${x(seconds)}`);
  return element('path', { d: `${above}${back.join('')}Z`, fill: ink.bar, 'fill-opacity': 0.5, stroke: 'none' });
}
