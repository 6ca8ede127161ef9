import type { SmoothingReport } from './smoothing.ts';

/** A smoothing as it comes about: the command line, the worker and the panel all read these. */
export type SmoothingEvent =
  /** The answer so far, complete in itself; every later one is at least as good. */
  | { readonly kind: 'answer'; readonly report: SmoothingReport }
  /** What is being done now, for the progress bar; fraction in [0, 1]. */
  | { readonly kind: 'activity'; readonly activity: string; readonly fraction: number }
  /** The smoothed model, where it was asked for. */
  | { readonly kind: 'model'; readonly bytes: Uint8Array }
  | { readonly kind: 'finished'; readonly report: SmoothingReport };
