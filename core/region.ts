import type { Norm } from './bound.ts';

/** Where in input space the constant is asked for. Points are flattened. */
export type Region =
  | { readonly kind: 'all' }
  | { readonly kind: 'box'; readonly lower: Float64Array; readonly upper: Float64Array }
  | { readonly kind: 'ball'; readonly norm: Norm; readonly center: Float64Array; readonly radius: number };
