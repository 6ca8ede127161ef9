import { LitElement, html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import { count } from '../../core/report/digits.ts';
import { nodeName, layerOf, layersById } from '../../core/report/graph-boxes.ts';
import { graphDirections, type GraphDirection, type GraphLayout } from '../../core/report/graph-layout.ts';
import { graphCells, graphColours, nodeLooks, type GraphColour, type NodeLook } from '../../core/report/graph-look.ts';
import type { Inspection, LayerEntry } from '../../core/report/inspection.ts';
import { layerScale } from '../../core/report/layer-table.ts';
import type { NetworkGraph } from '../../core/report/network-graph.ts';
import { graphPicture } from '../../core/report/picture/graph-picture.ts';
import { scaleBar } from '../../core/report/picture/scale-bar.ts';
import { normWord } from '../../core/report/words.ts';
import { copyButtons } from '../copy-buttons.ts';
import { drawing } from '../drawing.ts';
import type { GraphChoice } from '../kept.ts';
import { pictureLinks } from '../picture-links.ts';
import { onSignal, signal, type Signals } from '../signals.ts';
import { sharedStyles } from '../styles.ts';
import './graph-drawing.ts';
import type { LayoutState } from './graph-state.ts';
import { graphStyles } from './graph-styles.ts';
import { graphTable } from './graph-table.ts';
import { l10n } from '../l10n.ts';

const colourNames: Readonly<Record<GraphColour, string>> = {
  norm: l10n.t('norm'),
  share: l10n.t('share of the product'),
  bounds: l10n.t('where bounds end'),
};
const directionNames: Readonly<Record<GraphDirection, string>> = {
  down: l10n.t('top down'),
  right: l10n.t('left to right'),
  rows: l10n.t('in rows'),
};

/** The Graph tab: the network as people draw it, in which one sees where the constant comes from. */
export class GraphTab extends LitElement {
  static override properties = {
    inspection: { attribute: false },
    layout: { attribute: false },
    choice: { attribute: false },
    selected: { attribute: false },
    cursor: { state: true },
    search: { state: true },
    tableOpen: { state: true },
  };
  declare inspection: Inspection;
  declare layout: LayoutState;
  declare choice: GraphChoice;
  /** The layer that is selected everywhere. */
  declare selected: LayerEntry['id'] | undefined;
  declare cursor: number | undefined;
  declare search: string;
  declare tableOpen: boolean;
  /** What the last layout was asked for. */
  #asked = '';
  #graph: NetworkGraph | undefined;
  #key = '';
  /** Of every box; made anew when the numbers or the colour change, not with every step of the cursor. */
  #looks: readonly NodeLook[] = [];

  constructor() {
    super();
    this.search = '';
    this.tableOpen = false;
    onSignal(this, 'choose-node', (choice) => this.#choose(choice));
  }

  override focus(): void {
    this.renderRoot.querySelector('lipschitz-graph-drawing')?.focus();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const { graph } = this.inspection;
    if (changed.has('selected') && graph !== undefined && this.selected !== this.#idAt(graph, this.cursor))
      this.cursor = placeOf(graph, this.selected);
    if (changed.has('inspection') || changed.has('choice') || changed.has('layout')) this.#ask(graph);
    const colour = changed.has('choice') ? changed.get('choice')?.colour : this.choice.colour;
    if (changed.has('inspection') || colour !== this.choice.colour)
      this.#looks = graph === undefined ? [] : nodeLooks(this.inspection, graph, this.choice.colour);
  }

  /** Every inspection brings its graph anew; the layout is asked for when it is another one, or to run the other way. */
  #ask(graph: NetworkGraph | undefined): void {
    if (graph === undefined) return;
    if (graph !== this.#graph) [this.#graph, this.#key] = [graph, JSON.stringify(graph)];
    const { direction } = this.choice;
    const wanted = `${direction} ${this.#key}`;
    if (wanted === this.#asked && this.layout.kind !== 'none') return;
    this.#asked = wanted;
    signal(this, 'to-host', { kind: 'ask-layout', direction });
  }

  #idAt(graph: NetworkGraph, place: number | undefined): string | undefined {
    const node = place === undefined ? undefined : graph.nodes[place];
    return node?.role === 'layer' ? node.id : undefined;
  }

  #choose({ node, how }: Signals['choose-node']): void {
    const { graph } = this.inspection;
    if (graph === undefined) return;
    this.cursor = node;
    const layer = this.#idAt(graph, node);
    if (layer === undefined) return;
    if (how === 'reveal') signal(this, 'to-host', { kind: 'reveal', layer });
    else signal(this, 'keep', how === 'move' ? { selected: layer } : { selected: layer, detail: 'open' });
    if (how === 'enter') signal(this, 'send-focus', 'detail');
  }

  override render(): TemplateResult {
    const { graph } = this.inspection;
    if (graph === undefined)
      return html`<p class="empty faint">
        ${l10n.t('This file says nothing about how its layers hang together, so there is no graph to draw. The layers themselves are under Network.')}
      </p>`;
    const found = this.#found(graph);
    return html`
      <div class="controls" role="group" aria-label=${l10n.t('How the graph is drawn')}>
        ${this.#choices()} ${this.#search(found)}
      </div>
      ${this.#picture(graph, found)}
      <details @toggle=${(event: Event) => (this.tableOpen = (event.target as HTMLDetailsElement).open)}>
        <summary>${l10n.t('The graph as a table ({0})', nodeWords(graph.nodes.length))}</summary>
        ${
          this.tableOpen
            ? graphTable(this.inspection, graph, {
                cursor: this.cursor,
                choose: (node) => this.#choose({ node, how: 'open' }),
              })
            : nothing
        }
      </details>
    `;
  }

  #choices(): TemplateResult {
    const { colour, direction } = this.choice;
    const change = (own: Partial<GraphChoice>): void => signal(this, 'keep', { graph: { ...this.choice, ...own } });
    return html`<label
        >${l10n.t('Colour')}
        <select
          @change=${(event: Event) => {
            const chosen = graphColours.find((name) => name === (event.target as HTMLSelectElement).value);
            if (chosen !== undefined) change({ colour: chosen });
          }}
        >
          ${graphColours.map((name) => html`<option value=${name} ?selected=${name === colour}>${colourNames[name]}</option>`)}
        </select>
      </label>
      <label
        >${l10n.t('Direction')}
        <select
          @change=${(event: Event) => {
            const chosen = graphDirections.find((name) => name === (event.target as HTMLSelectElement).value);
            if (chosen !== undefined) change({ direction: chosen });
          }}
        >
          ${graphDirections.map((name) => html`<option value=${name} ?selected=${name === direction}>${directionNames[name]}</option>`)}
        </select>
      </label>`;
  }

  #search(found: ReadonlySet<number> | undefined): TemplateResult {
    const key = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') this.search = '';
      if (event.key !== 'Enter' || found === undefined || found.size === 0) return;
      event.preventDefault();
      this.#choose({ node: next(found, this.cursor, event.shiftKey ? 'back' : 'forward'), how: 'move' });
    };
    const place = found === undefined || this.cursor === undefined ? -1 : [...found].indexOf(this.cursor);
    const words =
      found === undefined ? '' : place < 0 ? matchWords(found.size) : l10n.t('{0} of {1}', place + 1, found.size);
    return html`<label
        >${l10n.t('Search')}
        <input
          type="text"
          placeholder=${l10n.t('Name or operator')}
          .value=${this.search}
          @input=${(event: Event) => (this.search = (event.target as HTMLInputElement).value)}
          @keydown=${key}
        />
      </label>
      <span class="faint found" role="status">${words}</span>`;
  }

  #found({ nodes }: NetworkGraph): ReadonlySet<number> | undefined {
    const words = this.search
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    if (words.length === 0) return undefined;
    const layers = layersById(this.inspection.layers);
    return new Set(
      nodes.flatMap((node, i) => {
        const layer = layerOf(node, layers);
        const text = `${nodeName(node, layer)} ${node.id} ${node.op} ${layer?.kind ?? ''}`.toLowerCase();
        return words.every((word) => text.includes(word)) ? [i] : [];
      }),
    );
  }

  #picture(graph: NetworkGraph, found: ReadonlySet<number> | undefined): TemplateResult {
    const { layout, inspection, choice, cursor } = this;
    const looks = this.#looks;
    if (layout.kind === 'failed') return html`<p class="empty" role="alert">${layout.message}</p>`;
    if (layout.kind !== 'layout' || layout.layout.direction !== choice.direction || !fits(layout.layout, graph))
      return html`<p class="stage-empty faint" role="status">
        ${l10n.t('Laying out {0}…', nodeWords(graph.nodes.length))}
      </p>`;
    const words = cursor === undefined ? undefined : looks[cursor]?.words;
    return html`
      <lipschitz-graph-drawing
        .layout=${layout.layout}
        .looks=${looks}
        .colour=${choice.colour}
        .found=${found}
        .cursor=${cursor}
      ></lipschitz-graph-drawing>
      <div class="below">
        ${this.#legend()}
        <div class="row" role="group" aria-label=${l10n.t('Zoom')}>
          <vscode-button
            secondary
            icon="zoom-out"
            title=${l10n.t('Zoom out')}
            aria-label=${l10n.t('Zoom out')}
            @click=${() => this.#drawing()?.zoomBy(0.8)}
          ></vscode-button>
          <vscode-button
            secondary
            icon="zoom-in"
            title=${l10n.t('Zoom in')}
            aria-label=${l10n.t('Zoom in')}
            @click=${() => this.#drawing()?.zoomBy(1.25)}
          ></vscode-button>
          <vscode-button secondary icon="screen-full" @click=${() => this.#drawing()?.fit()}
            >${l10n.t('Show all')}</vscode-button
          >
        </div>
      </div>
      <p class="readout" role="status">${words ?? '\u00A0'}</p>
      ${copyButtons(l10n.t('graph'), () => [graphCells(inspection, graph)])}
      ${pictureLinks(l10n.t('graph'), () => this.#wholePicture(layout.layout))}
    `;
  }

  /** All of it, whatever part is on screen. */
  #wholePicture(layout: GraphLayout): string {
    const { inspection, choice } = this;
    const title = l10n.t('{0}: the network, coloured by {1}', inspection.model.file, colourNames[choice.colour]);
    return graphPicture(layout, this.#looks, title);
  }

  #drawing(): HTMLElementTagNameMap['lipschitz-graph-drawing'] | null {
    return this.renderRoot.querySelector('lipschitz-graph-drawing');
  }

  #legend(): TemplateResult {
    const { inspection, choice } = this;
    switch (choice.colour) {
      case 'norm': {
        const title = l10n.t("Scale: upper end of the layer's {0} norm", normWord[inspection.norm]);
        return html`<div class="legend">
          ${drawing(scaleBar({ kind: 'log', ...layerScale(inspection) }, title, 340))}
          <p class="faint">
            ${l10n.t('{0} norm, at its upper end. Dashed with ∞: unbounded; with ?: not understood.', normWord[inspection.norm])}
          </p>
        </div>`;
      }
      case 'share':
        return html`<p class="legend faint">
          ${l10n.t("From dark (none) to bright (the largest share of the product's logarithm); hatched where a layer shrinks.")}
        </p>`;
      case 'bounds':
        return html`<p class="legend faint">
          ${l10n.t('Dashed with ∞: no finite constant; dashed with ?: not understood; hatched: behind one of them, where no bound from the input is known.')}
        </p>`;
    }
  }

  static override styles = [sharedStyles, graphStyles];
}

const placeOf = ({ nodes }: NetworkGraph, id: string | undefined): number | undefined => {
  const place = nodes.findIndex((node) => node.role === 'layer' && node.id === id);
  return place < 0 ? undefined : place;
};

/** A layout may be that of the bytes before. */
const fits = (layout: GraphLayout, { nodes, edges }: NetworkGraph): boolean =>
  layout.boxes.length === nodes.length && layout.edges.length === edges.length;

/** Round and round. */
function next(found: ReadonlySet<number>, from: number | undefined, way: 'forward' | 'back'): number {
  const places = [...found];
  const later =
    way === 'forward'
      ? places.find((place) => place > (from ?? -1))
      : places.findLast((place) => place < (from ?? Infinity));
  return later ?? (way === 'forward' ? places[0]! : places.at(-1)!);
}

const nodeWords = (nodes: number): string => (nodes === 1 ? l10n.t('1 node') : l10n.t('{0} nodes', count(nodes)));

const matchWords = (found: number): string => (found === 1 ? l10n.t('1 match') : l10n.t('{0} matches', count(found)));

customElements.define('lipschitz-graph', GraphTab);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-graph': GraphTab;
  }
}
