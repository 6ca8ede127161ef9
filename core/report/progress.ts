import type { Norm } from '../bound.ts';
import type { BoundEntry, Inspection, LayerEntry, LipschitzInterval } from './inspection.ts';

/**
 * An inspection as it grows. The worker sends these; the command line, the extension and the panel all apply them with
 * `advance`, so that everybody sees the same partial answer at the same time.
 */
export type InspectionEvent =
  /** First: everything known from reading alone; layers are listed, their norms still empty. */
  | { readonly kind: 'opened'; readonly inspection: Inspection }
  /** Some layers are known better than before (matched by id). */
  | { readonly kind: 'layers'; readonly layers: readonly LayerEntry[] }
  /** A method has a new value; and the best interval after it. */
  | { readonly kind: 'bound'; readonly bound?: BoundEntry; readonly norm: Norm; readonly best: LipschitzInterval }
  | { readonly kind: 'note'; readonly note: string }
  /** What is being done now, for the progress bar; fraction in [0, 1]. */
  | { readonly kind: 'activity'; readonly activity: string; readonly fraction: number }
  /** Last: the complete answer. */
  | { readonly kind: 'finished'; readonly inspection: Inspection };

/** The partial answer after one more event. Rows keep their place and bounds only accumulate, so nothing jumps on screen. */
export function advance(inspection: Inspection | undefined, event: InspectionEvent): Inspection | undefined {
  if (event.kind === 'opened' || event.kind === 'finished') return event.inspection;
  if (inspection === undefined) return undefined;
  switch (event.kind) {
    case 'layers': {
      const better = new Map(event.layers.map((layer) => [layer.id, layer]));
      return { ...inspection, layers: inspection.layers.map((layer) => better.get(layer.id) ?? layer) };
    }
    case 'bound':
      return {
        ...inspection,
        bounds: event.bound === undefined ? inspection.bounds : [...inspection.bounds, event.bound],
        lipschitz: { ...inspection.lipschitz, [event.norm]: event.best },
      };
    case 'note':
      return { ...inspection, notes: [...inspection.notes, event.note] };
    case 'activity':
      return inspection;
  }
}
