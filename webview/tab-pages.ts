import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Chain } from '../core/network/layer-chain.ts';
import type { Inspection, LayerEntry } from '../core/report/inspection.ts';
import type { SpectrumAnswer } from '../core/report/spectrum-view.ts';
import './chain/chain-tab.ts';
import './compare/compare-tab.ts';
import type { CompareState } from './compare/compare-state.ts';
import type { FromPanel, PanelState } from './contract.ts';
import './coupling/coupling-tab.ts';
import type { GrowthState } from './coupling/coupling-state.ts';
import type { KeptApartState } from './coupling/kept-apart-state.ts';
import type { WhatIfState } from './coupling/what-if-state.ts';
import './graph/graph-tab.ts';
import type { LayoutState } from './graph/graph-state.ts';
import type { Kept, Tab } from './kept.ts';
import { l10n } from './l10n.ts';
import './layer-detail.ts';
import './layers-table.ts';
import './map/map-tab.ts';
import { firstChoice } from './map/map-choice.ts';
import { outputOf } from './map/map-output.ts';
import type { BesideState, MapChoice, MapState } from './map/map-state.ts';
import './overview.ts';
import { signal } from './signals.ts';
import './smoothing/smoothing-tab.ts';
import type { SmoothingState } from './smoothing/smoothing-state.ts';
import { banner } from './states/banner.ts';
import { wholePage } from './states/whole-page.ts';

/** What the host has said so far, and what the user chose: all that a tab shows. */
export interface Shown {
  readonly map: MapState;
  /** Another model's map beside it. */
  readonly beside: BesideState | undefined;
  readonly smoothing: SmoothingState;
  readonly comparison: CompareState;
  /** What was asked about single layers, and the answers. */
  readonly spectra: ReadonlyMap<LayerEntry['id'], SpectrumAnswer | 'asked'>;
  readonly layout: LayoutState;
  readonly growth: GrowthState;
  readonly chainSource: { readonly file: string; readonly chain: Chain } | undefined;
  readonly chainRefused: string | undefined;
  readonly keptApart: KeptApartState;
  readonly whatIf: WhatIfState;
  readonly kept: Kept;
}

type Act = (message: FromPanel) => void;

/** What a tab shows of a network whose layers are known. */
export function tabPage(tab: Tab, state: PanelState, inspection: Inspection, shown: Shown, act: Act): TemplateResult {
  const { kept } = shown;
  const queued = state.kind === 'running';
  if (inspection.chain?.state === 'proposed' && needsNetwork.has(tab)) return unconnected();
  switch (tab) {
    case 'chain':
      return html`<lipschitz-chain
        .chain=${inspection.chain}
        .source=${shown.chainSource}
        .refused=${shown.chainRefused}
        .kept=${kept.chain}
        .queued=${queued}
      ></lipschitz-chain>`;
    case 'map':
      return html`<lipschitz-map
        .inspection=${inspection}
        .state=${shown.map}
        .beside=${shown.beside}
        .choice=${kept.mapChoice}
        .look=${kept.mapLook}
        .selected=${kept.selected}
        .queued=${queued}
      ></lipschitz-map>`;
    case 'graph':
      return withDetail(
        inspection,
        shown,
        html`<lipschitz-graph
          .inspection=${inspection}
          .layout=${shown.layout}
          .choice=${kept.graph}
          .selected=${kept.selected}
        ></lipschitz-graph>`,
      );
    case 'coupling':
      return withDetail(
        inspection,
        shown,
        html`<lipschitz-coupling
          .inspection=${inspection}
          .choice=${kept.coupling}
          .growth=${shown.growth}
          .keptApart=${shown.keptApart}
          .whatIf=${shown.whatIf}
          .whatIfChoice=${kept.whatIf}
          .selected=${kept.selected}
          .queued=${queued}
        ></lipschitz-coupling>`,
      );
    case 'smoothing':
      return html`<lipschitz-smoothing
        .inspection=${inspection}
        .selected=${kept.selected}
        .state=${shown.smoothing}
        .choice=${kept.smoothing}
        .queued=${queued}
      ></lipschitz-smoothing>`;
    case 'compare':
      return withDetail(
        inspection,
        shown,
        html`<lipschitz-compare
          .state=${shown.comparison}
          .selected=${kept.selected}
          .file=${inspection.model.file}
          .queued=${queued}
        ></lipschitz-compare>`,
      );
    case 'network':
      return network(state, inspection, shown, act);
  }
}

/** Tabs that have nothing to show of layers that hang together in no way. */
const needsNetwork: ReadonlySet<Tab> = new Set(['map', 'smoothing']);

const unconnected = (): TemplateResult =>
  html`<p class="unconnected">
    ${l10n.t('This file holds weights without a graph. Once it is said how its layers follow one another, this works as for any network; what it then tells is an estimate.')}
    <button class="link" @click=${(event: Event) => signal(event.currentTarget as Element, 'keep', { tab: 'chain' })}>
      ${l10n.t('Say how the layers follow one another, and compose them')}
    </button>
  </p>`;

function network(state: PanelState, inspection: Inspection, shown: Shown, act: Act): TemplateResult {
  const { kept } = shown;
  const rows =
    inspection.layers.length === 0
      ? wholePage(
          'info',
          l10n.t('No node of this network has a constant of its own: it only re-arranges its input.'),
          act,
        )
      : html`<lipschitz-layers
          .inspection=${inspection}
          .kept=${kept}
          .settled=${state.kind !== 'running'}
        ></lipschitz-layers>`;
  return html`
    ${banner(state, act)}
    <lipschitz-overview .inspection=${inspection} .selected=${kept.selected}></lipschitz-overview>
    <div class="rows">${withDetail(inspection, shown, rows)}</div>
  `;
}

/** Layers, however they are shown, with the detail of the one that is selected beside or below them. */
function withDetail(inspection: Inspection, shown: Shown, layers: TemplateResult): TemplateResult {
  const { kept } = shown;
  const chosen = inspection.layers.find(({ id }) => id === kept.selected);
  const open = kept.detail === 'open' && chosen !== undefined;
  const upTo = (layer: LayerEntry): MapChoice => ({
    ...(kept.mapChoice ?? firstChoice(inspection)),
    output: outputOf(inspection, layer),
  });
  return html`<div class="layers ${open ? 'with-detail' : ''}">
    ${layers}
    ${
      open
        ? html`<lipschitz-detail
            .layer=${chosen}
            .norm=${inspection.norm}
            .spectrum=${shown.spectra.get(chosen.id)}
            .map=${chosen.tensor === undefined ? undefined : upTo(chosen)}
          ></lipschitz-detail>`
        : nothing
    }
  </div>`;
}
