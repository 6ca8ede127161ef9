import { digits, percent } from '../../core/report/digits.ts';
import type { TableCell } from '../../core/report/layer-table.ts';
import { element, ink, label, picture } from '../../core/report/picture/svg.ts';
import { colourAt, css, placeOn, type ColourScale } from '../../core/report/picture/colour-scale.ts';

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** How many cells have a value in each step of the scale. */
export function binsOf(values: Float64Array, scale: ColourScale, count: number): readonly Bin[] {
  const counts = new Array<number>(count).fill(0);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    const bin = Math.min(count - 1, Math.floor(placeOn(scale, value) * count));
    counts[bin] = counts[bin]! + 1;
  }
  const edge = (i: number): number =>
    scale.kind === 'log'
      ? scale.from * (scale.to / scale.from) ** (i / count)
      : scale.from + (i / count) * (scale.to - scale.from);
  return counts.map((cells, i) => ({ from: edge(i), to: edge(i + 1), count: cells }));
}

/** The histogram over the cells, in the colours of the map. */
export function histogram(bins: readonly Bin[], title: string, width: number): string {
  const height = 90;
  const largest = Math.max(1, ...bins.map(({ count }) => count));
  const [left, right, bottom] = [12, width - 12, height - 18];
  const step = (right - left) / bins.length;
  const bars = bins.map(({ count }, i) => {
    const tall = (count / largest) * (bottom - 6);
    return element('rect', {
      x: left + i * step,
      y: bottom - tall,
      width: Math.max(1, step - 1),
      height: tall,
      fill: css(colourAt((i + 0.5) / bins.length)),
      stroke: ink.grid,
      'stroke-width': 0.5,
    });
  });
  const [first, last] = [bins.at(0), bins.at(-1)];
  const ends =
    first === undefined || last === undefined
      ? []
      : [
          label(digits(first.from, 'nearest'), { x: left, y: height - 4, 'font-size': 11 }),
          label(digits(last.to, 'nearest'), { x: right, y: height - 4, 'font-size': 11, 'text-anchor': 'end' }),
        ];
  const axis = element('path', { d: `M${left} ${bottom}H${right}`, stroke: ink.faint, fill: 'none' });
  return picture({ width, height, title, role: 'image' }, ...bars, axis, ...ends);
}

/** The same as a table. */
export function histogramCells(bins: readonly Bin[], what: string): readonly (readonly TableCell[])[] {
  const all = bins.reduce((sum, { count }) => sum + count, 0);
  return bins
    .filter(({ count }) => count > 0)
    .map(({ from, to, count }) => [
      ['from', digits(from, 'nearest')],
      ['to', digits(to, 'nearest')],
      [what, String(count)],
      ['share', percent(count / all)],
    ]);
}
