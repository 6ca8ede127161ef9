import type { LayerEntry } from '../core/report/inspection.ts';
import type { Sort } from './row-order.ts';

/** What the editor keeps for us while the panel is hidden or the window reloads. */
export interface Kept {
  readonly selected: LayerEntry['id'] | undefined;
  readonly detail: 'open' | 'closed';
  readonly sort: Sort;
  readonly filter: string;
  /** '' for all kinds. */
  readonly layerKind: string;
  readonly scroll: number;
}

export const nothingKept: Kept = {
  selected: undefined,
  detail: 'closed',
  sort: { column: 'place', direction: 'ascending' },
  filter: '',
  layerKind: '',
  scroll: 0,
};

/** What was kept by an older version may lack fields or be something else altogether. */
export const keptOr = (saved: unknown): Kept =>
  typeof saved === 'object' && saved !== null ? { ...nothingKept, ...saved } : nothingKept;
