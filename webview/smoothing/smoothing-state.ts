import type { LayerChoice } from '../../core/estimators/smoothing/answer.ts';
import type { SmoothingRequest } from '../../core/inspection/smooth-request.ts';
import type { SmoothingReport } from '../../core/report/smoothing.ts';
import type { SmoothingEvent } from '../../core/report/smoothing-progress.ts';

/** What the user chose; the rest comes from the settings and the question. */
export interface SmoothingChoice extends Pick<SmoothingRequest, 'epsilon' | 'rule' | 'variant'> {
  /** Of the layers with parameters, for the rules that look at all weights within radii; left out, the norms of the file. */
  readonly radii?: readonly number[];
  /** By layer id. */
  readonly choices: Readonly<Record<string, LayerChoice>>;
}

export const firstSmoothingChoice: SmoothingChoice = {
  epsilon: 0.1,
  rule: 'optimal',
  variant: 'one-sided',
  choices: {},
};

/** The Smoothing tab's side of a model, known to the host and the panel alike. */
export type SmoothingState =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'running';
      readonly report: SmoothingReport | undefined;
      readonly activity: string;
      readonly fraction: number;
    }
  | { readonly kind: 'finished'; readonly report: SmoothingReport }
  /** Cancelled; the bounds that were found stand. */
  | { readonly kind: 'stopped'; readonly report: SmoothingReport | undefined }
  | { readonly kind: 'failed'; readonly message: string; readonly report: SmoothingReport | undefined };

export const reportOf = (state: SmoothingState): SmoothingReport | undefined =>
  state.kind === 'none' ? undefined : state.report;

/** The state after one more event of the smoothing that is computed. */
export function advanceSmoothing(state: SmoothingState, event: SmoothingEvent): SmoothingState {
  const before = reportOf(state);
  const { activity, fraction } =
    event.kind === 'activity' ? event : state.kind === 'running' ? state : { activity: '', fraction: 0 };
  switch (event.kind) {
    case 'finished':
      return { kind: 'finished', report: event.report };
    case 'answer':
      return { kind: 'running', report: event.report, activity, fraction };
    case 'activity':
    case 'model':
      return { kind: 'running', report: before, activity, fraction };
  }
}
