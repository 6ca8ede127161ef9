import type { CellTask } from '../inspection/cell-hand.ts';
import type { MapCells } from '../report/map.ts';

/** Between a map and the threads that help it; a request comes with the start of the thread. */
export type ToThread = CellTask;
export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'cells'; readonly cells: MapCells }
  | { readonly kind: 'failed'; readonly message: string };
