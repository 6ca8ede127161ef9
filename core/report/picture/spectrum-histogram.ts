import { count, digits } from '../digits.ts';
import type { LayerSpectrum } from '../layer-spectrum.ts';
import { path } from './interval-glyph.ts';
import { element, ink, label, picture } from './svg.ts';

const margin = { left: 6, right: 6, top: 6, bottom: 18 };

/** How many singular values lie where, from 0 to the largest; heights on the scale of roots, so that single values are seen. */
export function spectrumHistogram(
  { histogram, count: values }: Pick<LayerSpectrum, 'histogram' | 'count'>,
  width: number,
  height: number,
): string {
  const { edges, counts, rigor } = histogram;
  const [bottom, inner] = [height - margin.bottom, width - margin.left - margin.right];
  const tallest = Math.max(1, ...counts);
  const each = inner / counts.length;
  const bars = counts.map((own, bin) => {
    const tall = own > 0 ? Math.max(1, Math.sqrt(own / tallest) * (bottom - margin.top)) : 0;
    return element(
      'rect',
      { x: margin.left + bin * each + 0.5, y: bottom - tall, width: each - 1, height: tall, fill: ink.bar, stroke: ink.line, 'stroke-width': 0.5 }, // prettier-ignore
      element('title', {}, binWords(edges[bin]!, edges[bin + 1]!, own, rigor)),
    );
  });
  const line = element('path', { d: path`M${margin.left} ${bottom}H${width - margin.right}`, stroke: ink.line });
  const largest = digits(edges.at(-1)!, 'nearest');
  return picture(
    { width, height, title: `${count(values)} singular values from 0 to ${largest}`, role: 'image' },
    ...bars,
    line,
    label('0', { x: margin.left, y: height - 4, 'font-size': 11 }),
    label(largest, { x: width - margin.right, y: height - 4, 'font-size': 11, 'text-anchor': 'end' }),
  );
}

/** "3 values from 0.5 to 0.6", "about 3 values ...". */
export function binWords(from: number, to: number, own: number, rigor: 'numerical' | 'estimate'): string {
  const whole = Math.round(own);
  const many = `${rigor === 'estimate' ? 'about ' : ''}${count(whole)} ${whole === 1 ? 'value' : 'values'}`;
  return `${many} from ${digits(from, 'nearest')} to ${digits(to, 'nearest')}`;
}
