import { digits, percent } from '../digits.ts';
import { element, ink, label, picture } from './svg.ts';

export interface EpsilonPoint {
  readonly epsilon: number;
  /** null where there is none. */
  readonly value: number | null;
}

export interface EpsilonLine {
  readonly points: readonly EpsilonPoint[];
  readonly ink: 'strong' | 'faint';
}

export interface EpsilonChart {
  readonly lines: readonly EpsilonLine[];
  /** A ring where the slider stands. */
  readonly here?: EpsilonPoint;
  /** A dashed line at the original's own value. */
  readonly original?: number | null;
  readonly scale: 'powers' | 'shares' | 'numbers';
  /** What is drawn, for those who do not see it. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
}

const margin = { left: 54, right: 12, top: 10, bottom: 20 };
/** Between labels of powers of ten. */
const labelEvery = 52;
const small = { 'font-size': 11, fill: ink.faint };

/** Something against the allowed deviation, which is on a scale of powers; '' where there are not two points. */
export function againstEpsilon({ lines, here, original, scale, title, width, height }: EpsilonChart): string {
  const height01 = scale === 'powers' ? Math.log10 : (value: number): number => value;
  const shown = (value: number | null): value is number =>
    value !== null && Number.isFinite(value) && (scale !== 'powers' || value > 0);
  const drawn = lines.map((line) => ({
    ...line,
    points: line.points.filter(({ value }) => shown(value)) as readonly { epsilon: number; value: number }[],
  }));
  const all = drawn.flatMap(({ points }) => points);
  if (all.length < 2) return '';
  const powers = all.map(({ epsilon }) => Math.log10(epsilon));
  const values = [...all.map(({ value }) => value), ...(shown(original ?? null) ? [original!] : [])].map(height01);
  const extent = (list: readonly number[]): readonly [number, number] => [
    list.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    list.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  ];
  const [[left, right], [low, high]] = [extent(powers), extent(values)];
  const x = (epsilon: number): number =>
    margin.left + ((Math.log10(epsilon) - left) / (right - left || 1)) * (width - margin.left - margin.right);
  const [top, bottom] = [margin.top, height - margin.bottom];
  // What never changes runs through the middle, where its number stands.
  const y = (value: number): number => bottom - (high === low ? 0.5 : (height01(value) - low) / (high - low)) * (bottom - top); // prettier-ignore
  const numberAt = (value: number): string => (scale === 'shares' ? percent(value) : digits(value, 'nearest'));
  const valueAt = (place: number): string => numberAt(scale === 'powers' ? 10 ** place : place);
  const curves = drawn.map((line) =>
    element('path', {
      d: line.points.map(({ epsilon, value }, k) => `${k === 0 ? 'M' : 'L'}${x(epsilon).toFixed(1)} ${y(value).toFixed(1)}`).join(''), // prettier-ignore
      fill: 'none',
      stroke: line.ink === 'strong' ? ink.line : ink.bar,
      'stroke-width': line.ink === 'strong' ? 1.5 : 1,
    }),
  );
  const decades = Array.from({ length: Math.floor(right + 1e-9) - Math.ceil(left - 1e-9) + 1 }, (_, k) => Math.ceil(left - 1e-9) + k); // prettier-ignore
  const every = Math.max(1, Math.ceil((labelEvery * decades.length) / (width - margin.left - margin.right)));
  const along = (at: number): string => `M${margin.left} ${at.toFixed(1)}H${width - margin.right}`;
  const beside = (place: number, at: number): string =>
    label(valueAt(place), { x: margin.left - 6, y: at + 4, 'text-anchor': 'end', ...small });
  return picture(
    { width, height, title, role: 'image' },
    ...decades.map((power) => element('path', { d: `M${x(10 ** power).toFixed(1)} ${top}V${bottom}`, stroke: ink.grid, 'stroke-width': 0.5 })), // prettier-ignore
    element('path', { d: along(bottom), stroke: ink.grid }),
    ...curves,
    ...(shown(original ?? null)
      ? [element('path', { d: along(y(original!)), stroke: ink.faint, 'stroke-dasharray': '3 3' })]
      : []),
    ...(here !== undefined && shown(here.value)
      ? [element('circle', { cx: x(here.epsilon), cy: y(here.value), r: 4, fill: 'none', stroke: ink.line, 'stroke-width': 1.5 })] // prettier-ignore
      : []),
    ...(high === low ? [beside(low, (top + bottom) / 2)] : [beside(high, top), beside(low, bottom)]),
    ...decades.flatMap((power, k) =>
      k % every === 0
        ? [label(`${k === 0 ? 'ε = ' : ''}${digits(10 ** power, 'nearest')}`, { x: x(10 ** power), y: height - 5, 'text-anchor': 'middle', ...small })] // prettier-ignore
        : [],
    ),
  );
}
