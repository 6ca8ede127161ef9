import { digits } from '../digits.ts';
import { element, label, picture } from './svg.ts';
import { linearTicks, logTicks } from './scale.ts';
import { colourAt, css, placeOn, type ColourScale } from './colour-scale.ts';

const slices = 64;

/** What the colours mean: the scale from its small end to its large one, with numbers. */
export function scaleBar(scale: ColourScale, title: string, width: number): string {
  const [left, right] = [12, width - 12];
  const place = (value: number): number => left + placeOn(scale, value) * (right - left);
  const step = (right - left) / slices;
  const bar = Array.from({ length: slices }, (_, i) =>
    element('rect', {
      x: left + i * step,
      y: 2,
      width: step + 0.5,
      height: 12,
      fill: css(colourAt((i + 0.5) / slices)),
    }),
  );
  const most = Math.max(2, Math.floor(width / 60));
  const ticks = scale.kind === 'log' ? logTicks(scale, most) : linearTicks(scale.from, scale.to, most);
  const numbers = ticks.map((value) =>
    label(digits(value, 'nearest'), { x: place(value), y: 27, 'text-anchor': 'middle', 'font-size': 11 }),
  );
  return picture({ width, height: 32, title, role: 'image' }, ...bar, ...numbers);
}
