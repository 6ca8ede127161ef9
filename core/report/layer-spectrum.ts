import type { ModelSummary } from './inspection.ts';

/**
 * More about one layer than its row tells: what `lipschitz layer --json` writes and the layer's detail shows
 * (docs/layer.schema.json). Fields are only ever added.
 */
export interface LayerSpectrum {
  readonly format: 'lipschitz-layer';
  readonly version: 1;
  readonly model: Pick<ModelSummary, 'file' | 'sha256'>;
  readonly layer: SpectrumLayer;
  /** How many singular values there are: min(rows, columns). */
  readonly count: number;
  /** The largest ones, the largest first: true up to ordinary rounding and convergence. */
  readonly leading: readonly number[];
  readonly histogram: SpectrumHistogram;
  /** Unit vectors with W input = leading[0] output, in the layer's shapes. */
  readonly pair: { readonly input: readonly number[]; readonly output: readonly number[] };
  /** Of convolutions: what the l2 norm does not exceed at any input size. */
  readonly everySize?: { readonly upper: number; readonly rigor: 'certified' };
  readonly seconds: number;
}

export interface SpectrumLayer {
  readonly id: string;
  readonly name: string;
  readonly op: string;
  readonly kind: string;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
}

export interface SpectrumHistogram {
  /** One more than counts, from 0 to the largest singular value. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly rigor: 'numerical' | 'estimate';
}

export const spectrumJson = (spectrum: LayerSpectrum): string => `${JSON.stringify(spectrum, null, 2)}\n`;
