import type { BilipschitzReport } from '../../core/report/bilipschitz.ts';

export type KeptApartAnswer =
  | { readonly kind: 'answer'; readonly report: BilipschitzReport }
  | { readonly kind: 'failed'; readonly message: string };

/** The Coupling tab's side of the question how far points are kept apart. */
export type KeptApartState = { readonly kind: 'none' } | { readonly kind: 'asked' } | KeptApartAnswer;
