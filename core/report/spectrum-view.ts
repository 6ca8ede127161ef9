import type { LayerSpectrum } from './layer-spectrum.ts';
import type { TableCell } from './layer-table.ts';
import { patternCells } from './pattern-table.ts';
import { patternsOf } from './picture/layer-figure.ts';
import { patternPicture } from './picture/pattern.ts';

/** A layer's spectrum as the panel shows it: the patterns drawn already, for their numbers may be megabytes. */
export type SpectrumView = Pick<LayerSpectrum, 'count' | 'leading' | 'histogram' | 'everySize'> & {
  readonly patterns: readonly PatternView[];
};

export interface PatternView {
  /** SVG. */
  readonly picture: string;
  /** The same numbers. */
  readonly cells: readonly (readonly TableCell[])[];
}

export type SpectrumAnswer =
  | { readonly kind: 'spectrum'; readonly view: SpectrumView }
  /** One sentence. */
  | { readonly kind: 'failed'; readonly message: string };

const patternWidth = 300;

export const spectrumView = (spectrum: LayerSpectrum): SpectrumView => ({
  count: spectrum.count,
  leading: spectrum.leading,
  histogram: spectrum.histogram,
  ...(spectrum.everySize === undefined ? {} : { everySize: spectrum.everySize }),
  patterns: patternsOf(spectrum).map((pattern) => ({
    picture: patternPicture(pattern, patternWidth),
    cells: patternCells(pattern),
  })),
});
