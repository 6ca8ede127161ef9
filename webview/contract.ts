import type { Inspection, LayerEntry } from '../core/report/inspection.ts';
import type { ReportFormat } from '../core/report/formats.ts';
import type { GraphDirection } from '../core/report/graph-layout.ts';
import type { MapEvent } from '../core/report/map-progress.ts';
import type { SpectrumAnswer } from '../core/report/spectrum-view.ts';
import type { InspectionEvent } from '../core/report/progress.ts';
import type { Chain } from '../core/network/layer-chain.ts';
import type { ChainNews } from './chain/chain-state.ts';
import type { WeightChange } from '../core/inspection/what-if-request.ts';
import type { WhatIfState } from './coupling/what-if-state.ts';
import type { GrowthAnswer } from './coupling/coupling-state.ts';
import type { KeptApartAnswer } from './coupling/kept-apart-state.ts';
import type { LayoutAnswer } from './graph/graph-state.ts';
import type { Tab } from './kept.ts';
import type { CompareState } from './compare/compare-state.ts';
import type { ComparisonFormat } from '../core/report/comparison/files.ts';
import type { SmoothingFormat } from '../core/report/render-smoothing.ts';
import type { SmoothingChoice, SmoothingState } from './smoothing/smoothing-state.ts';
import type { BesideState, MapChoice, MapState } from './map/map-state.ts';

/** The only thing the extension host and the panel know of each other. */
export type ToPanel =
  /** The whole state; answers `ready` and every change that is not an event. */
  | { readonly kind: 'state'; readonly state: PanelState }
  /** One more event of the running inspection, applied with `advance`. */
  | { readonly kind: 'event'; readonly event: InspectionEvent }
  /** Selection made elsewhere: a line of code was clicked. */
  | { readonly kind: 'select'; readonly layer: LayerEntry['id'] }
  /** The cursor in the code rests on this layer's line: it is marked wherever it is shown, and nothing is opened. */
  | { readonly kind: 'follow'; readonly layer: LayerEntry['id'] }
  /** More about one layer, as it was asked for. */
  | { readonly kind: 'spectrum'; readonly layer: LayerEntry['id']; readonly answer: SpectrumAnswer }
  /** Where the boxes of the graph stand, as it was asked for. */
  | { readonly kind: 'layout'; readonly answer: LayoutAnswer }
  /** How changes of the input grow from layer to layer, as it was asked for. */
  | { readonly kind: 'growth'; readonly answer: GrowthAnswer }
  /** How far points are kept apart, as it was asked for. */
  | { readonly kind: 'kept-apart'; readonly answer: KeptApartAnswer }
  /** Of weights without a graph: what the code says of their order, or why the chain that was composed does not do. */
  | { readonly kind: 'chain'; readonly news: ChainNews }
  /** A change of weights that was tried, as it stands. */
  | { readonly kind: 'what-if'; readonly state: WhatIfState }
  /** The map as a whole: a new one, or the end of one. */
  | { readonly kind: 'map'; readonly state: MapState }
  /** One more event of the map that is being drawn, applied with `advanceMapState`. */
  | { readonly kind: 'map-event'; readonly event: MapEvent }
  /** The map that stands beside it, of another model; undefined when there is none. */
  | { readonly kind: 'beside'; readonly beside: BesideState | undefined }
  | { readonly kind: 'beside-event'; readonly event: MapEvent }
  /** The smoothing as it stands. */
  | { readonly kind: 'smoothing'; readonly state: SmoothingState }
  /** The comparison with another model as it stands. */
  | { readonly kind: 'comparison'; readonly state: CompareState }
  /** A command asks for this tab. */
  | { readonly kind: 'show'; readonly tab: Tab };

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
  /** Where the boxes of the graph stand. */
  | { readonly kind: 'ask-layout'; readonly direction: GraphDirection }
  /** The layers of weights without a graph follow one another like this; or that is not known any more. */
  | { readonly kind: 'compose-chain'; readonly chain: Chain }
  | { readonly kind: 'forget-chain' }
  /** To sample how changes of this size grow. */
  | { readonly kind: 'ask-growth'; readonly noise: number }
  /** To compute how far points are kept apart. */
  | { readonly kind: 'ask-kept-apart' }
  /** To multiply weights, and see what becomes of the network. */
  | { readonly kind: 'ask-what-if'; readonly changes: readonly WeightChange[] }
  | { readonly kind: 'cancel-what-if' }
  /** The changed model, as a file. */
  | { readonly kind: 'save-what-if' }
  | { readonly kind: 'draw-map'; readonly choice: MapChoice }
  | { readonly kind: 'cancel-map' }
  /** Another model's map beside this one, which the host asks for; or none. */
  | { readonly kind: 'choose-beside' }
  | { readonly kind: 'map-alone' }
  /** To look closely at a point of the plane. */
  | { readonly kind: 'pin-map'; readonly at: readonly [u: number, v: number] }
  /** A picture is drawn by the panel, in pixels; the other formats by the host. */
  | { readonly kind: 'export-map'; readonly format: Exclude<MapFormat, 'png'> }
  | { readonly kind: 'export-map'; readonly format: 'png'; readonly picture: Uint8Array }
  | { readonly kind: 'smooth'; readonly choice: SmoothingChoice }
  | { readonly kind: 'cancel-smoothing' }
  /** Examples on which the network and its smoothed ones are compared: the host asks which file, or takes them away again. */
  | { readonly kind: 'choose-smoothing-data' | 'leave-smoothing-data'; readonly choice: SmoothingChoice }
  /** The smoothed network, or the numbers about it. */
  | { readonly kind: 'export-smoothing'; readonly format: 'onnx' | SmoothingFormat; readonly choice: SmoothingChoice }
  /** With another model, which the host asks for. */
  | { readonly kind: 'compare-with' }
  | { readonly kind: 'swap-compared' }
  | { readonly kind: 'cancel-compare' }
  | { readonly kind: 'export-comparison'; readonly format: ComparisonFormat }
  | { readonly kind: 'export-comparison'; readonly format: 'png'; readonly picture: Uint8Array }
  /** The singular values and patterns of this layer. */
  | { readonly kind: 'ask-spectrum'; readonly layer: LayerEntry['id'] }
  /** Selected in the panel: its line is marked where code is on screen. */
  | { readonly kind: 'selected'; readonly layer: LayerEntry['id'] }
  /** Go to the line of code of this layer. */
  | { readonly kind: 'reveal'; readonly layer: LayerEntry['id'] }
  /** A picture that the panel has drawn, and what it shows. */
  | {
      readonly kind: 'save-picture';
      readonly what: string;
      readonly format: 'png' | 'svg';
      readonly picture: string | Uint8Array;
    }
  | { readonly kind: 'copy'; readonly text: string }
  /** The page has put a picture into the clipboard by itself. */
  | { readonly kind: 'copied' };

export const mapFormats = ['png', 'svg', 'html', 'csv', 'json'] as const;
export type MapFormat = (typeof mapFormats)[number];
