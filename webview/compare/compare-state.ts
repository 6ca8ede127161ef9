import type { Comparison } from '../../core/report/comparison/comparison.ts';

/** The Compare tab's side of a model, known to the host and the panel alike. `other` is the file that the model is compared with. */
export type CompareState =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'running';
      readonly other: string;
      readonly comparison: Comparison | undefined;
      readonly activity: string;
      readonly fraction: number;
    }
  | { readonly kind: 'finished'; readonly other: string; readonly comparison: Comparison }
  /** Cancelled; what was found until then stands. */
  | { readonly kind: 'stopped'; readonly other: string; readonly comparison: Comparison | undefined }
  | {
      readonly kind: 'failed';
      readonly other: string;
      readonly message: string;
      readonly comparison: Comparison | undefined;
    };

export const comparisonOf = (state: CompareState): Comparison | undefined =>
  state.kind === 'none' ? undefined : state.comparison;
