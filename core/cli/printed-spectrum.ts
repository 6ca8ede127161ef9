import { count, digits, duration, shapeText } from '../report/digits.ts';
import type { LayerSpectrum } from '../report/layer-spectrum.ts';
import { binWords } from '../report/picture/spectrum-histogram.ts';
import { mark } from '../report/words.ts';

const shownValues = 8;
const barWidth = 40;

/** A layer's spectrum for a terminal: the leading values, a histogram of bars, the supremum over sizes. */
export function printedSpectrum({ layer, count: all, leading, histogram, everySize, seconds }: LayerSpectrum): string {
  const { edges, counts, rigor } = histogram;
  const tallest = Math.max(1, ...counts);
  const widest = Math.max(...edges.map((edge) => digits(edge, 'nearest').length));
  const bars = counts.map((own, bin) => {
    const bar = '█'.repeat(own > 0 ? Math.max(1, Math.round(barWidth * Math.sqrt(own / tallest))) : 0);
    return `${digits(edges[bin]!, 'nearest').padStart(widest)} │${bar}${own >= 0.5 ? ` ${count(Math.round(own))}` : ''}`;
  });
  const values = leading.slice(0, shownValues).map((value) => digits(value, 'nearest'));
  return [
    `${layer.name}  ${layer.op}, ${shapeText(layer.inputShape)} → ${shapeText(layer.outputShape)}`,
    `${count(all)} singular values; the largest: ${values.join(', ')}${leading.length > shownValues ? ', …' : ''} ${mark.numerical}`,
    '',
    ...bars,
    '',
    `Bars on the scale of roots; the last is ${binWords(edges.at(-2)!, edges.at(-1)!, counts.at(-1)!, rigor)} ${mark[rigor]}.`,
    ...(everySize === undefined
      ? []
      : [
          `At no input size and with no zero padding is its l2 norm above ${digits(everySize.upper, 'up')} ${mark.certified}.`,
        ]),
    `${duration(seconds)}. ● certified  ◐ numerical  ○ estimate`,
  ].join('\n');
}
