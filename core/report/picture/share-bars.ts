import type { Coupling } from '../coupling.ts';
import { percent } from '../digits.ts';
import { path } from './interval-glyph.ts';
import { element, escaped, ink, label, picture, shortened } from './svg.ts';

/** More bars than this are read in the table. */
const mostBars = 30;
const rowHeight = 20;
const fontSize = 11;

/**
 * Each layer's share of the logarithm of the product, in the order of the network: to the right of the line where it stretches,
 * hollow to the left where it shrinks. The largest ones, where there are many; '' where no layer has a share.
 */
export function shareBars({ layers }: Coupling, width: number, selected?: string): string {
  const all = layers.flatMap((layer) =>
    layer.share === null || layer.share === 0 ? [] : [{ ...layer, share: layer.share }],
  );
  if (all.length === 0) return '';
  const least = all.map(({ share }) => Math.abs(share)).sort((a, b) => b - a)[mostBars - 1] ?? 0;
  const shown = all.filter(({ share }) => Math.abs(share) >= least).slice(0, mostBars);
  const largest = shown.reduce((most, { share }) => Math.max(most, share), 0);
  const smallest = shown.reduce((most, { share }) => Math.min(most, share), 0);
  const left = Math.min(170, Math.floor(0.36 * width));
  const right = width - 46;
  const unit = (right - left - (smallest < 0 ? 44 : 0)) / (largest - smallest || 1);
  const zero = left + (smallest < 0 ? 44 : 0) - smallest * unit;
  const rows = shown.map(({ id, name, share }, i) => {
    const y = i * rowHeight + 3;
    const reach = Math.max(1, Math.abs(share) * unit);
    const box = { y, width: reach, height: rowHeight - 7, stroke: ink.line, 'stroke-width': 0.75 };
    const end = share < 0 ? zero - reach - 5 : zero + reach + 5;
    return element(
      'g',
      { 'data-layer': id },
      element('title', {}, escaped(`${name}: ${percent(share)}`)),
      // A row is chosen wherever it is clicked.
      element('rect', { x: 0, y: y - 3, width, height: rowHeight, fill: ink.paper, 'fill-opacity': 0 }),
      label(shortened(name, left - 12, fontSize), {
        ...{ x: left - 8, y: y + 11, 'text-anchor': 'end', 'font-size': fontSize },
        'font-weight': id === selected ? 700 : undefined,
      }),
      element('rect', share < 0 ? { ...box, x: zero - reach, fill: ink.paper } : { ...box, x: zero, fill: ink.bar }),
      label(percent(share), { x: end, y: y + 11, 'text-anchor': share < 0 ? 'end' : 'start', 'font-size': fontSize }),
    );
  });
  const height = shown.length * rowHeight + 4;
  const omitted = all.length - shown.length;
  const title = `Shares of the layers in the logarithm of the product${omitted === 0 ? '' : `, the ${shown.length} largest of ${all.length}`}`;
  return picture(
    { width, height, title, role: 'image' },
    ...rows,
    element('path', { d: path`M${zero} 0V${height}`, stroke: ink.line }),
  );
}
