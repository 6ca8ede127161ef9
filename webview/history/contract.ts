import type { HistoryFormat } from '../../core/report/training/files.ts';
import type { TrainingHistory } from '../../core/report/training/history.ts';

/** The only thing the extension host and the page of a training's history know of each other. */
export type ToHistory = { readonly kind: 'history'; readonly state: HistoryState };

export type HistoryState =
  | { readonly kind: 'reading'; readonly history: TrainingHistory | undefined; readonly activity: string }
  /** All that is there has been read; new files are read when they come. */
  | { readonly kind: 'watching'; readonly history: TrainingHistory }
  | { readonly kind: 'stopped'; readonly history: TrainingHistory | undefined }
  | { readonly kind: 'failed'; readonly history: TrainingHistory | undefined; readonly message: string };

export type FromHistory =
  /** The page's script runs and listens; nothing is sent to it before. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'read' }
  | { readonly kind: 'cancel' }
  /** Checkpoints go by their names below the folder. */
  | { readonly kind: 'open'; readonly file: string }
  | { readonly kind: 'compare'; readonly before: string; readonly after: string }
  /** A picture is drawn by the page, in pixels; the other formats by the host. */
  | { readonly kind: 'export'; readonly format: HistoryFormat }
  | { readonly kind: 'export'; readonly format: 'png'; readonly picture: Uint8Array }
  | { readonly kind: 'copy'; readonly text: string };
