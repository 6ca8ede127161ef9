import type { LayerEntry } from '../core/report/inspection.ts';
import type { GraphDirection } from '../core/report/graph-layout.ts';
import type { GraphColour } from '../core/report/graph-look.ts';
import type { MapColour } from '../core/report/picture/colour-scale.ts';
import type { ChainDraft } from './chain/chain-state.ts';
import type { CouplingChoice } from './coupling/coupling-state.ts';
import type { MapChoice } from './map/map-state.ts';
import { firstWhatIf, type WhatIfChoice } from './coupling/what-if-state.ts';
import { firstSmoothingChoice, type SmoothingChoice } from './smoothing/smoothing-state.ts';
import type { Sort } from './row-order.ts';

export type Tab = 'network' | 'chain' | 'graph' | 'coupling' | 'map' | 'smoothing' | 'compare';

/** How the map is looked at; which map it is stands in `mapChoice`. */
export interface MapLook {
  readonly colour: MapColour;
  readonly scale: 'log' | 'linear';
  readonly boundary: boolean;
  readonly contours: boolean;
  readonly points: boolean;
  readonly gradient: boolean;
}

/** How the graph is drawn. */
export interface GraphChoice {
  readonly colour: GraphColour;
  readonly direction: GraphDirection;
}

/** What the editor keeps for us while the panel is hidden or the window reloads. */
export interface Kept {
  readonly selected: LayerEntry['id'] | undefined;
  readonly detail: 'open' | 'closed';
  readonly sort: Sort;
  readonly filter: string;
  /** '' for all kinds. */
  readonly layerKind: string;
  readonly scroll: number;
  readonly tab: Tab;
  readonly graph: GraphChoice;
  readonly coupling: CouplingChoice;
  /** undefined until the user changes something: then the guess is shown. */
  readonly chain: ChainDraft | undefined;
  readonly whatIf: WhatIfChoice;
  /** undefined until the user changes something: then the model decides. */
  readonly mapChoice: MapChoice | undefined;
  readonly mapLook: MapLook;
  readonly smoothing: SmoothingChoice;
}

export const nothingKept: Kept = {
  selected: undefined,
  detail: 'closed',
  sort: { column: 'place', direction: 'ascending' },
  filter: '',
  layerKind: '',
  scroll: 0,
  tab: 'network',
  graph: { colour: 'norm', direction: 'down' },
  coupling: { noise: 1, scale: 1, target: undefined },
  chain: undefined,
  whatIf: firstWhatIf,
  mapChoice: undefined,
  mapLook: { colour: 'upper', scale: 'log', boundary: true, contours: false, points: true, gradient: false },
  smoothing: firstSmoothingChoice,
};

/** What was kept by an older version may lack fields or be something else altogether. */
export const keptOr = (saved: unknown): Kept =>
  typeof saved === 'object' && saved !== null
    ? { ...nothingKept, ...saved, mapLook: { ...nothingKept.mapLook, ...(saved as Partial<Kept>).mapLook } }
    : nothingKept;
