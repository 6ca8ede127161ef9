import { shapeText } from '../digits.ts';
import type { LayerSpectrum } from '../layer-spectrum.ts';
import type { Pattern } from './pattern-planes.ts';
import { patternPicture } from './pattern.ts';
import { spectrumHistogram } from './spectrum-histogram.ts';

const width = 420;
const heights = { histogram: 110 };

/** The two sides of the pair that is stretched most. */
export const patternsOf = ({ pair, layer }: LayerSpectrum): readonly [Pattern, Pattern] => [
  { values: pair.input, shape: layer.inputShape, title: `Stretched most, of ${shapeText(layer.inputShape)}` },
  { values: pair.output, shape: layer.outputShape, title: `What comes out, of ${shapeText(layer.outputShape)}` },
];

/** Histogram and patterns in one SVG file. */
export function layerFigure(spectrum: LayerSpectrum): string {
  const parts = [
    spectrumHistogram(spectrum, width, heights.histogram),
    ...patternsOf(spectrum).map((pattern) => patternPicture(pattern, width)),
  ];
  let y = 8;
  const placed = parts.map((part) => {
    const tall = Number(/height="(\d+)"/.exec(part)![1]);
    const moved = part.replace('<svg ', `<svg x="8" y="${y}" `);
    y += tall + 10;
    return moved;
  });
  // Programs that draw files know no properties of a theme.
  const inked = placed.join('').replace(/var\(--[\w-]+, ([^()]+)\)/g, '$1');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width + 16}" height="${y}" viewBox="0 0 ${width + 16} ${y}" font-family="sans-serif">${inked}</svg>\n`;
}
