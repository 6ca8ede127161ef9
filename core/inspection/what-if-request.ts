import type { InspectionRequest } from './request.ts';

/** What is to become of the weights. */
export type WeightChange =
  /** Layers whose l2 norm is above `limit` are brought down to it; all of them, or those whose name or id the pattern fits (`*` stands for anything). */
  | { readonly kind: 'spectral'; readonly limit: number; readonly layers?: string }
  | { readonly kind: 'rescale'; readonly layer: string; readonly factor: number };

/** Plain data: it crosses processes. */
export interface WhatIfRequest {
  /** Of the model as it is; the changed one is asked the same, and the budget is for both. */
  readonly inspection: InspectionRequest;
  readonly changes: readonly WeightChange[];
}
