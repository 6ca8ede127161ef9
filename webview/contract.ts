import type { Inspection, LayerEntry } from '../core/report/inspection.ts';
import type { ReportFormat } from '../core/report/formats.ts';
import type { InspectionEvent } from '../core/report/progress.ts';

/** The only thing the extension host and the panel know of each other. */
export type ToPanel =
  /** The whole state; answers `ready` and every change that is not an event. */
  | { readonly kind: 'state'; readonly state: PanelState }
  /** One more event of the running inspection, applied with `advance`. */
  | { readonly kind: 'event'; readonly event: InspectionEvent }
  /** Selection made elsewhere: a line of code was clicked. */
  | { readonly kind: 'select'; readonly layer: LayerEntry['id'] };

export type PanelState =
  | { readonly kind: 'loading'; readonly file: string; readonly activity: string }
  | {
      readonly kind: 'running';
      readonly file: string;
      readonly inspection: Inspection;
      readonly activity: string;
      readonly fraction: number;
    }
  | { readonly kind: 'finished'; readonly file: string; readonly inspection: Inspection }
  /** Stopped by the user; what was found so far stands. */
  | { readonly kind: 'stopped'; readonly file: string; readonly inspection: Inspection | undefined }
  /** The file changed on disk after these numbers were computed. */
  | { readonly kind: 'stale'; readonly file: string; readonly inspection: Inspection }
  /** One sentence; what was found before stays visible. `restart` when the worker died. */
  | {
      readonly kind: 'failed';
      readonly file: string;
      readonly message: string;
      readonly action: 'retry' | 'restart';
      readonly inspection: Inspection | undefined;
    };

export type FromPanel =
  /** The panel's script runs and listens; nothing is sent to it before. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'inspect' }
  | { readonly kind: 'cancel' }
  /** Another norm, region, input or output. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'export'; readonly format: ReportFormat | 'ask' }
  /** Go to the line of code of this layer. */
  | { readonly kind: 'reveal'; readonly layer: LayerEntry['id'] }
  | { readonly kind: 'copy'; readonly text: string };
