import { LitElement, html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import type { Inspection, LayerEntry } from '../../core/report/inspection.ts';
import { count, duration, percent } from '../../core/report/digits.ts';
import type { LipschitzMap } from '../../core/report/map.ts';
import { normWord } from '../../core/report/words.ts';
import { mapFormats, type MapFormat } from '../contract.ts';
import { drawing } from '../drawing.ts';
import type { MapLook } from '../kept.ts';
import { saveLinks } from '../save-links.ts';
import { onSignal, signal } from '../signals.ts';
import { computing } from '../states/computing.ts';
import { sharedStyles } from '../styles.ts';
import { cellIndex, cellInterval, cellSentence, type Cell } from '../../core/report/map-cell.ts';
import './cell-table.ts';
import type { ColourScale } from '../../core/report/picture/colour-scale.ts';
import { colourWords } from './distribution.ts';
import type { Frame } from './frame.ts';
import './map-canvas.ts';
import { firstChoice, inputSize, objection, withRange } from './map-choice.ts';
import { lookControls, mapControls } from './map-controls.ts';
import { mapOf, type BesideState, type MapChoice, type MapState } from './map-state.ts';
import { outputChoices, outputSentence } from './map-output.ts';
import { mapStyles } from './map-styles.ts';
import { pinIn, pinnedCell, pinPlace } from './pinned-cell.ts';
import { SteadyView } from './steady-view.ts';
import { scaleBar } from '../../core/report/picture/scale-bar.ts';
import { l10n } from '../l10n.ts';

/** After the last turn of the wheel, so that zooming does not start ten maps. */
const viewPauseMs = 350;

/** The Map tab: the question in one row above, the picture, and what it says in words and numbers. */
export class MapTab extends LitElement {
  static override properties = {
    inspection: { attribute: false },
    state: { attribute: false },
    choice: { attribute: false },
    look: { attribute: false },
    queued: { attribute: false },
    selected: { attribute: false },
    beside: { attribute: false },
    crosshair: { state: true },
    pinned: { state: true },
    view: { state: true },
    scale: { state: true },
    tableOpen: { state: true },
  };
  declare inspection: Inspection;
  declare state: MapState;
  /** undefined until the user changes something. */
  declare choice: MapChoice | undefined;
  declare look: MapLook;
  /** True while an inspection runs: one computation at a time, each with all cores. */
  declare queued: boolean;
  /** The layer that is selected in all tabs: a map can be drawn up to it. */
  declare selected: LayerEntry['id'] | undefined;
  /** Another model's map, of the same plane once it is drawn. */
  declare beside: BesideState | undefined;
  declare crosshair: Cell | undefined;
  declare pinned: Cell | undefined;
  /** Where the user has turned to; undefined while it is where the map is. */
  declare view: Frame['view'] | undefined;
  declare scale: ColourScale | undefined;
  declare tableOpen: boolean;
  readonly #steady = new SteadyView();
  #turning: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.tableOpen = false;
    onSignal(this, 'look-at-cell', (cell) => (this.crosshair = cell));
    onSignal(this, 'pin-cell', (cell) => this.#pin(cell));
    onSignal(this, 'change-view', (view) => this.#turnTo(view));
    onSignal(this, 'map-drawn', (scale) => {
      if (JSON.stringify(scale) !== JSON.stringify(this.scale)) this.scale = scale;
    });
  }

  /** The point where the cell was seen steepest, or its middle: the host looks at it closely. */
  #pin(cell: Cell): void {
    this.pinned = cell;
    const map = mapOf(this.state);
    if (map !== undefined && pinIn(map, cell) === undefined)
      signal(this, 'to-host', { kind: 'pin-map', at: pinPlace(map, cell) });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#turning);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('state')) return;
    const [before, now] = [changed.get('state'), this.state].map((state) => state && mapOf(state));
    if (before?.plane === now?.plane) return;
    this.view = undefined;
    if (before?.grid.rows !== now?.grid.rows || before?.grid.columns !== now?.grid.columns)
      [this.crosshair, this.pinned] = [undefined, undefined];
  }

  override render(): TemplateResult {
    const choice = this.#choice();
    const map = mapOf(this.state);
    const wrong = objection(choice, inputSize(this.inspection));
    const outputs = outputChoices(this.inspection, choice.output, this.selected);
    return html`
      <div class="controls" role="group" aria-label=${l10n.t('What the map shows')}>
        ${mapControls({ choice, outputs, range: this.view ?? map?.plane.range, change: this.#change })}
        ${this.#drawOrCancel(wrong)} ${this.#besideControls()}
      </div>
      ${wrong === undefined ? nothing : html`<p class="objection" role="status">${wrong}</p>`} ${this.#progress()}
      ${map === undefined ? this.#empty() : this.#shown(map)}
    `;
  }

  /** One button in one place: the keyboard stays on it while a map is drawn. */
  #drawOrCancel(wrong: string | undefined): TemplateResult {
    const running = this.state.kind === 'running';
    return html`<vscode-button
      ?secondary=${running}
      icon=${running ? 'debug-stop' : 'play'}
      ?disabled=${!running && wrong !== undefined}
      @click=${running ? () => signal(this, 'to-host', { kind: 'cancel-map' }) : this.#drawIt}
      >${running ? l10n.t('Cancel') : l10n.t('Draw map')}</vscode-button
    >`;
  }

  #choice(): MapChoice {
    return this.choice ?? firstChoice(this.inspection);
  }

  readonly #change = (mapChoice: MapChoice): void => signal(this, 'keep', { mapChoice });

  readonly #drawIt = (): void => this.#draw(this.#choice());

  #draw(choice: MapChoice): void {
    if (objection(choice, inputSize(this.inspection)) === undefined)
      signal(this, 'to-host', { kind: 'draw-map', choice });
  }

  /** The old picture moves at once; the new one is asked for when the user has stopped turning. */
  #turnTo(view: Frame['view']): void {
    this.view = view;
    clearTimeout(this.#turning);
    this.#turning = setTimeout(() => {
      const choice = withRange(this.#choice(), view);
      this.#change(choice);
      this.#draw(choice);
    }, viewPauseMs);
  }

  #progress(): TemplateResult | typeof nothing {
    const words = { what: l10n.t('the map'), stopped: l10n.t('Stopped. The cells that were done stand.') };
    return computing(this.state, { queued: this.queued, ...words });
  }

  #besideControls(): TemplateResult {
    const { beside } = this;
    if (beside === undefined)
      return html`<vscode-button
        secondary
        icon="split-horizontal"
        @click=${() => signal(this, 'to-host', { kind: 'choose-beside' })}
        >${l10n.t('Beside another model…')}</vscode-button
      >`;
    return html`<span class="row" role="group" aria-label=${l10n.t('The map beside')}>
      ${l10n.t('beside {0}', beside.file)}
      <button class="link" @click=${() => signal(this, 'to-host', { kind: 'choose-beside' })}>
        ${l10n.t('Another…')}
      </button>
      <button class="link" @click=${() => signal(this, 'to-host', { kind: 'map-alone' })}>${l10n.t('Alone')}</button>
    </span>`;
  }

  #empty(): TemplateResult | typeof nothing {
    return this.state.kind === 'none'
      ? html`<p class="empty faint">
          ${l10n.t('A map shows where the network is rough and where it is smooth: every cell of a plane through the input space is an interval of local Lipschitz constants. Choose a plane and draw it.')}
        </p>`
      : nothing;
  }

  #shown(map: LipschitzMap): TemplateResult {
    const { look, scale, crosshair, pinned } = this;
    const other = this.#steady.comparable(map, this.beside === undefined ? undefined : mapOf(this.beside.state));
    const shown = this.#steady.look(look, map, other);
    const { colour } = shown;
    const shared = this.#steady.scaleOfBoth(map, other, shown);
    const at = crosshair ?? pinned;
    const images = this.#steady.images(map);
    return html`
      <div class="map">
        <figure>
          <lipschitz-map-canvas
            .map=${map}
            .look=${shown}
            .crosshair=${crosshair}
            .pinned=${pinned}
            .view=${this.view ?? map.plane.range}
            .shared=${shared}
            .name=${other === undefined ? undefined : map.model.file}
          ></lipschitz-map-canvas>
          ${other === undefined ? nothing : html`<figcaption>${map.model.file}</figcaption>`}
          ${scale === undefined ? nothing : html`<div class="scale">${drawing(scaleBar(scale, scaleTitle(map, colour), 320))}</div>`}
          <p class="readout" role="status">${at === undefined ? '\u00A0' : cellSentence(map, at)}</p>
        </figure>
        ${this.beside === undefined ? nothing : this.#figureBeside(this.beside, other, { shown, shared, at })}
        <div class="side">
          <p>${caption(map, colour)} ${outputSentence(this.inspection, map)}</p>
          ${images === '' ? nothing : html`<figure>${drawing(images)}</figure>`}
          <div class="controls" role="group" aria-label=${l10n.t('How the map is looked at')}>
            ${lookControls(shown, (change) => signal(this, 'keep', { mapLook: { ...look, ...change } }))}
          </div>
          ${pinned === undefined ? nothing : pinnedCell(map, pinned)}
          ${
            scale === undefined
              ? nothing
              : html`<lipschitz-map-distribution
                  .map=${map}
                  .colour=${colour}
                  .scale=${scale}
                ></lipschitz-map-distribution>`
          }
          ${
            map.notes.length === 0
              ? nothing
              : html`<ul class="faint" aria-label=${l10n.t('Notes')}>
                  ${map.notes.map((note) => html`<li>${note}</li>`)}
                </ul>`
          }
          <div class="row" role="group" aria-label=${l10n.t('Export the map')}>
            ${saveLinks(l10n.t('map'), mapFormats, (format) => void this.#export(format))}
          </div>
        </div>
      </div>
      <details @toggle=${(event: Event) => (this.tableOpen = (event.target as HTMLDetailsElement).open)}>
        <summary>${l10n.t('The cells as a table')}</summary>
        ${this.tableOpen ? html`<lipschitz-map-cells .map=${map}></lipschitz-map-cells>` : nothing}
      </details>
    `;
  }

  #figureBeside(
    { file, state }: BesideState,
    other: LipschitzMap | undefined,
    { shown, shared, at }: { shown: MapLook; shared: ColourScale | undefined; at: Cell | undefined },
  ): TemplateResult {
    const words = {
      queued: this.queued,
      what: l10n.t('the map of {0}', file),
      stopped: l10n.t('Stopped. The cells that were done stand.'),
    };
    if (other === undefined)
      return html`<figure>
        ${computing(state, words)}
        ${state.kind === 'running' ? nothing : html`<p class="faint">${l10n.t('{0} has no map of this part of the plane yet: draw the map anew.', file)}</p>`}
      </figure>`;
    return html`<figure>
      <lipschitz-map-canvas
        .map=${other}
        .look=${shown}
        .crosshair=${this.crosshair}
        .pinned=${this.pinned}
        .view=${this.view ?? other.plane.range}
        .shared=${shared}
        .name=${file}
      ></lipschitz-map-canvas>
      <figcaption>${file}</figcaption>
      ${computing(state, words)}
      <p class="readout" role="status">
        ${at === undefined ? '\u00A0' : `${file}: ${cellInterval(other, cellIndex(other, at))}`}
      </p>
    </figure>`;
  }

  async #export(format: MapFormat): Promise<void> {
    if (format !== 'png') {
      signal(this, 'to-host', { kind: 'export-map', format });
      return;
    }
    const picture = await this.renderRoot.querySelector('lipschitz-map-canvas')?.png();
    if (picture !== undefined) signal(this, 'to-host', { kind: 'export-map', format, picture });
  }

  static override styles = [sharedStyles, mapStyles];
}

const scaleTitle = (map: LipschitzMap, colour: MapLook['colour']): string =>
  l10n.t('Scale: {0} of the local {1} constant', colourWords[colour], normWord[map.norm]);

function caption(map: LipschitzMap, colour: MapLook['colour']): string {
  const { rows, columns } = map.grid;
  const cells = rows * columns;
  const [shown, norm] = [colourWords[colour], normWord[map.norm]];
  const meaning =
    map.constant === 'slice'
      ? l10n.t('Colour: {0} of the {1} constant for changes inside the plane.', shown, norm)
      : l10n.t('Colour: {0} of the {1} constant for changes of the input in any direction.', shown, norm);
  const done =
    map.done < cells
      ? l10n.t('{0} cells, {1} of them done.', count(cells), percent(map.done / cells))
      : l10n.t('{0} cells in {1}.', count(cells), duration(map.seconds));
  return `${meaning} ${done}`;
}

customElements.define('lipschitz-map', MapTab);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-map': MapTab;
  }
}
