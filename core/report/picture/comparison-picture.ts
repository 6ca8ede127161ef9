import type { ComparedInterval, ComparedPair, Comparison } from '../comparison/comparison.ts';
import { changeSign, changeWord, layerName, ratioText } from '../comparison/words.ts';
import { digits } from '../digits.ts';
import { path } from './interval-glyph.ts';
import { commonScale, logTicks, position, type LogScale } from './scale.ts';
import { element, escaped, ink, label, picture, shortened } from './svg.ts';

interface Row {
  readonly name: string;
  readonly pair: ComparedPair;
}

const [rowHeight, top] = [26, 22];
/** More rows than this are read in the table. */
const mostRows = 60;

/** Before and after as two bars on one axis for each layer that changed; with colour, and a sign for those who do not see it. */
export function comparisonPicture(comparison: Comparison, width: number): string {
  const changed = comparison.layers.flatMap((layer): Row[] =>
    layer.in === 'both' && layer.constant !== null && layer.constant.change !== 'same'
      ? [{ name: layerName(layer), pair: layer.constant }]
      : [],
  );
  const network = comparison.network === null ? [] : [{ name: 'network', pair: comparison.network }];
  const rows = [...network, ...strongest(changed)];
  if (rows.length === 0) return '';
  const scale = commonScale(
    rows.flatMap(({ pair: { before, after } }) => [before.lower, before.upper, after.lower, after.upper]),
  );
  const [left, right] = [Math.min(190, width * 0.32), width - 148];
  const bottom = top + rows.length * rowHeight;
  const x = (value: number): number => left + position(scale, value) * (right - left);
  const title = `Constants before and after: ${rows.map(({ name, pair }) => `${name} ${changeWord(pair)}`).join('; ')}`;
  return picture(
    { width, height: bottom + 22, title, role: 'image' },
    ...axis(scale, x, bottom),
    ...rows.map((row, i) => oneRow(row, x, right, top + i * rowHeight, left, width)),
  );
}

/** In the order of the network, those whose ratio is farthest from 1 where there are too many. */
function strongest(rows: readonly Row[]): readonly Row[] {
  if (rows.length <= mostRows) return rows;
  const weight = ({ pair: { ratio } }: Row): number =>
    Math.abs(Math.log(Math.max(1e-300, ratio.lower)) + Math.log(ratio.upper ?? 1e300));
  const kept = new Set(rows.toSorted((a, b) => weight(b) - weight(a)).slice(0, mostRows));
  return rows.filter((row) => kept.has(row));
}

type Axis = (value: number) => number;

const axis = (scale: LogScale, x: Axis, bottom: number): readonly string[] =>
  logTicks(scale, 6).map(
    (value) =>
      element('path', {
        d: path`M${x(value)} ${top - 4}V${bottom}`,
        stroke: ink.grid,
        'stroke-dasharray': value === 1 ? undefined : '1 3',
      }) +
      label(digits(value, 'nearest'), {
        x: x(value),
        y: bottom + 15,
        'text-anchor': 'middle',
        'font-size': 11,
        fill: ink.faint,
      }),
  );

function oneRow({ name, pair }: Row, x: Axis, right: number, y: number, left: number, width: number): string {
  const weight = name === 'network' ? { 'font-weight': 600 } : {};
  const words = `${changeSign[pair.change]} ${ratioText(pair.ratio)}`;
  return element(
    'g',
    {},
    element('title', {}, escaped(`${name}: ${ratioText(pair.ratio)}, ${changeWord(pair)}`)),
    label(shortened(name, left - 12, 12), {
      x: left - 10,
      y: y + 14,
      'text-anchor': 'end',
      'font-size': 12,
      ...weight,
    }),
    bar(pair.before, x, right, y + 4, 'none'),
    bar(pair.after, x, right, y + 13, fills[pair.change]),
    label(shortened(words, width - right - 8, 11), { x: right + 10, y: y + 14, 'font-size': 11 }),
  );
}

/** The ends of the diverging scale: the sign says the same. */
const fills = {
  rougher: 'var(--lipschitz-above, #b2182b)',
  smoother: 'var(--lipschitz-below, #2166ac)',
  same: ink.bar,
  undecided: ink.bar,
} as const;

/** From the lower to the upper end; dashed into the open where there is none. */
function bar({ lower, upper }: ComparedInterval, x: Axis, right: number, y: number, fill: string): string {
  const [from, to] = [x(lower), upper === null ? right : x(upper)];
  const box = {
    x: from - 1,
    y,
    width: Math.max(3, to - from + 2),
    height: 7,
    fill,
    stroke: ink.line,
    'stroke-width': 1,
  };
  return upper === null
    ? element('path', {
        d: path`M${from} ${y}V${y + 7}M${from} ${y + 3.5}H${to}`,
        stroke: ink.line,
        'stroke-dasharray': '4 2',
      })
    : element('rect', box);
}
