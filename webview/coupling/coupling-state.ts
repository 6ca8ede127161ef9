import type { NoiseGrowth } from '../../core/report/noise-growth.ts';

/** What the user asks about the layers together. */
export interface CouplingChoice {
  /** The size of a change of the input. */
  readonly noise: number;
  /** What the data are multiplied by. */
  readonly scale: number;
  /** What the constant should come down to; undefined until one is typed. */
  readonly target: number | undefined;
}

export type GrowthAnswer =
  { readonly kind: 'growth'; readonly growth: NoiseGrowth } | { readonly kind: 'failed'; readonly message: string };

/** The Coupling tab's side of the samples. */
export type GrowthState = { readonly kind: 'none' } | { readonly kind: 'asked' } | GrowthAnswer;
