import { percent } from '../digits.ts';
import { path } from './interval-glyph.ts';
import { element, ink, picture } from './svg.ts';

/**
 * A layer's share in its table cell, against the largest share of the network: to the right of the line when it stretches,
 * hollow to the left when it shrinks.
 */
export function shareBar(share: number, largest: number, width: number, height: number): string {
  const middle = width / 2;
  const reach = largest > 0 ? (Math.abs(share) / largest) * (middle - 1) : 0;
  const box = { y: height / 2 - 4, width: reach, height: 8, stroke: ink.line, 'stroke-width': 0.75 };
  return picture(
    { width, height, title: percent(share), role: 'beside text' },
    element('path', { d: path`M${middle} 1V${height - 1}`, stroke: ink.grid }),
    element('rect', share < 0 ? { ...box, x: middle - reach, fill: 'none' } : { ...box, x: middle, fill: ink.bar }),
  );
}
