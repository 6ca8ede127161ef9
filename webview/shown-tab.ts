import type { Inspection } from '../core/report/inspection.ts';
import type { Tab } from './kept.ts';

/** A model with a graph has no Chain tab, whatever was looked at before. */
export const tabOf = (kept: Tab, { chain }: Inspection): Tab =>
  kept === 'chain' && chain === undefined ? 'network' : kept;

/** Where a layer can be shown: in the graph or among the coupled layers when that is what the user looks at. */
export const tabOfLayers = (tab: Tab): Tab => (tab === 'graph' || tab === 'coupling' ? tab : 'network');
