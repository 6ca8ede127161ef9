import { html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Inspection, LayerEntry } from '../core/report/inspection.ts';
import { count } from '../core/report/digits.ts';
import { layerCells, layerScale } from '../core/report/layer-table.ts';
import { misleadingKernelNorm } from '../core/report/sentences.ts';
import { normWord } from '../core/report/words.ts';
import { copyButtons } from './copy-buttons.ts';
import { DrawnInTurn } from './drawn-in-turn.ts';
import { drawnRows, sameRows, slice, towards, type DrawnRows } from './drawn-rows.ts';
import type { Kept } from './kept.ts';
import { layerRow } from './layer-row.ts';
import type { TableContext } from './layer-row.ts';
import { layersStyles } from './layers-styles.ts';
import type { Column } from './row-order.ts';
import { nextSort } from './row-order.ts';
import { signal } from './signals.ts';
import { SteadyRows } from './steady-rows.ts';
import { sharedStyles } from './styles.ts';
import { turn } from './turns.ts';
import { l10n } from './l10n.ts';

/** The table of layers. Only the rows near the screen are in the page; all are in the clipboard, the filter and the order. */
export class LayersTable extends DrawnInTurn {
  static override properties = {
    inspection: { attribute: false },
    kept: { attribute: false },
    settled: { attribute: false },
    drawn: { state: true },
  };
  declare inspection: Inspection;
  declare kept: Kept;
  /** False while results stream in: then no new value moves a row. */
  declare settled: boolean;
  declare drawn: DrawnRows;
  readonly #steady = new SteadyRows();
  /** Rows that were drawn before their value was known: it fades in. What is scrolled into sight is there at once. */
  #awaited: ReadonlySet<LayerEntry['id']> = new Set();
  #context: TableContext | undefined;
  #rowHeight = 30;
  /** Until the rows near the screen are there, wherever it is moved meanwhile. */
  #filling: Promise<void> | undefined;
  /** The row that the keyboard is on its way to, until it is drawn: keys that come meanwhile are meant for it. */
  #goal: number | undefined;

  constructor() {
    super();
    this.drawn = { from: 0, to: slice };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('scroll', this.#look, { passive: true });
    window.addEventListener('resize', this.#look, { passive: true });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('scroll', this.#look);
    window.removeEventListener('resize', this.#look);
  }

  /** Puts the keyboard back on the selected row. */
  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('tr[tabindex="0"]')?.focus();
  }

  /** Brings a layer's row on screen; clears a filter that hides it. */
  show(id: LayerEntry['id']): void {
    if (!this.#rows().some((layer) => layer.id === id)) signal(this, 'keep', { filter: '', layerKind: '' });
    void this.updateComplete.then(() => this.#bringOnScreen(this.#steady.placeOf(id)));
  }

  /** Rows are never drawn in the task that scrolls, which lays out the ones before. */
  readonly #look = (): void => {
    this.#filling ??= this.#fill();
  };

  /** The rows that should be in the page. */
  #near(): DrawnRows | undefined {
    const body = this.renderRoot.querySelector('tbody');
    if (body === null) return undefined;
    const row = body.querySelector('tr[data-id]');
    if (row !== null) this.#rowHeight = row.getBoundingClientRect().height || this.#rowHeight;
    const above = -body.getBoundingClientRect().top;
    return drawnRows(this.#steady.count, this.#rowHeight, above, window.innerHeight);
  }

  #drawSlice(): 'complete' | 'incomplete' {
    const near = this.#near();
    if (near === undefined || sameRows(near, this.drawn)) return 'complete';
    this.drawn = towards(this.drawn, near);
    return sameRows(near, this.drawn) ? 'complete' : 'incomplete';
  }

  async #fill(): Promise<void> {
    do await turn();
    while (this.isConnected && this.#drawSlice() === 'incomplete');
    this.#filling = undefined;
  }

  /** The rows belong to it. */
  protected override async getUpdateComplete(): Promise<boolean> {
    await super.getUpdateComplete();
    await this.#filling;
    return super.getUpdateComplete();
  }

  override firstUpdated(): void {
    this.#look();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('inspection') && !changed.has('settled')) return;
    const { inspection, settled } = this;
    this.#context = {
      norm: inspection.norm,
      scale: layerScale(inspection),
      largestShare: inspection.layers.reduce((most, { share }) => Math.max(most, Math.abs(share ?? 0)), 0),
      columns: optionalColumns(inspection.layers, settled),
    };
  }

  override updated(changed: PropertyValues<this>): void {
    if (this.#filling === undefined && (!changed.has('drawn') || changed.size > 1)) this.#look();
  }

  #rows(): readonly LayerEntry[] {
    return this.#steady.of(this.inspection, this.kept, this.settled);
  }

  override render(): TemplateResult {
    const { inspection, kept } = this;
    const rows = this.#rows();
    const { from, to } = { from: Math.min(this.drawn.from, rows.length), to: Math.min(this.drawn.to, rows.length) };
    const shown = rows.slice(from, to);
    const context = this.#context!;
    this.#awaited = new Set(
      shown.flatMap(({ id, norms }) => (norms[context.norm] === undefined || this.#awaited.has(id) ? [id] : [])),
    );
    const tabStop = shown.some(({ id }) => id === kept.selected) ? kept.selected : shown.at(0)?.id;
    return html`
      ${this.#controls(rows)}
      <table role="table" aria-rowcount=${rows.length + 1}>
        <caption class="unseen">
          ${l10n.t('Layers of {0} with their {1} norms. Arrow keys move, Enter opens the detail.', inspection.model.file, normWord[inspection.norm])}
        </caption>
        <thead role="rowgroup">
          <tr role="row" aria-rowindex="1">
            ${this.#heading('name', l10n.t('Layer'))} ${this.#heading('kind', l10n.t('Kind'))}
            ${this.#heading('shape', l10n.t('Shape'))}
            ${this.#heading('norm', l10n.t('{0} norm', normWord[inspection.norm]))}
            ${this.#heading('evidence', l10n.t('Evidence'))}
            ${context.columns.has('share') ? this.#heading('share', l10n.t('Share')) : nothing}
            ${context.columns.has('kernel') ? this.#heading('kernel', l10n.t('Kernel')) : nothing}
            ${context.columns.has('line') ? this.#heading('line', l10n.t('Line')) : nothing}
          </tr>
        </thead>
        <tbody role="rowgroup" @keydown=${this.#onKey}>
          ${spacer(from * this.#rowHeight)}
          ${repeat(
            shown,
            ({ id }) => id,
            (layer, i) => {
              const row = {
                index: from + i + 2,
                selection: layer.id === kept.selected ? ('selected' as const) : ('other' as const),
                tabIndex: layer.id === tabStop ? (0 as const) : (-1 as const),
                arrival: this.#awaited.has(layer.id) ? ('awaited' as const) : ('at once' as const),
              };
              return guard([layer, context, ...Object.values(row)], () => layerRow(layer, context, row));
            },
          )}
          ${spacer((rows.length - to) * this.#rowHeight)}
        </tbody>
      </table>
      ${rows.length === 0 ? html`<p class="none">${l10n.t('No layer matches.')} <button class="link" @click=${this.#clear}>${l10n.t('Show all')}</button></p>` : nothing}
    `;
  }

  #controls(rows: readonly LayerEntry[]): TemplateResult {
    const { inspection, kept } = this;
    const kinds = [...new Set(inspection.layers.map(({ kind }) => kind))].sort();
    const cells = (): ReturnType<typeof layerCells>[] => rows.map((layer) => layerCells(layer, inspection.norm));
    const all = inspection.layers.length;
    return html`<div class="controls">
      <h2>${l10n.t('Layers')}</h2>
      <vscode-textfield
        type="search"
        placeholder=${l10n.t('Filter')}
        label=${l10n.t('Filter layers by text')}
        .value=${kept.filter}
        @input=${(event: Event) => signal(this, 'keep', { filter: (event.target as HTMLInputElement).value })}
      ></vscode-textfield>
      <select
        aria-label=${l10n.t('Kind of layer')}
        .value=${kept.layerKind}
        @change=${(event: Event) => signal(this, 'keep', { layerKind: (event.target as HTMLSelectElement).value })}
      >
        <option value="" ?selected=${kept.layerKind === ''}>${l10n.t('all kinds')}</option>
        ${kinds.map((kind) => html`<option value=${kind} ?selected=${kind === kept.layerKind}>${kind}</option>`)}
      </select>
      <span class="faint" role="status">${layerWords(rows.length, all)}</span>
      ${copyButtons(l10n.t('table'), () => [cells()])}
    </div>`;
  }

  #heading(column: Column, text: string): TemplateResult {
    const { sort } = this.kept;
    const sorted = sort.column === column ? sort.direction : undefined;
    const arrow = sorted === undefined ? '' : sorted === 'ascending' ? '▲' : '▼';
    return html`<th role="columnheader" scope="col" class=${column} aria-sort=${sorted ?? 'none'}>
      <button @click=${() => signal(this, 'keep', { sort: nextSort(sort, column) })}>
        <span>${text}</span><span aria-hidden="true">${arrow}</span>
      </button>
    </th>`;
  }

  readonly #clear = (): void => signal(this, 'keep', { filter: '', layerKind: '' });

  readonly #onKey = (event: KeyboardEvent): void => {
    const row = (event.target as Element).closest('tr');
    if (row === null || event.target !== row) return;
    const at = this.#goal ?? this.#steady.placeOf(row.dataset['id'] ?? '');
    const last = this.#steady.count - 1;
    const page = Math.max(1, Math.floor(window.innerHeight / this.#rowHeight) - 3);
    const goals: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: last,
      PageDown: at + page,
      PageUp: at - page,
    };
    const goal = goals[event.key];
    if (goal !== undefined) {
      event.preventDefault();
      const index = Math.max(0, Math.min(last, goal));
      signal(this, 'keep', { selected: this.#steady.idAt(index) });
      void this.#focusRow(index);
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      // The detail takes the keyboard.
      this.#goal = undefined;
      signal(this, 'keep', { selected: this.#steady.idAt(at), detail: 'open' });
      signal(this, 'send-focus', 'detail');
    }
  };

  async #focusRow(index: number): Promise<void> {
    this.#goal = index;
    this.#bringOnScreen(index);
    await this.updateComplete;
    if (this.#goal !== index) return;
    this.#goal = undefined;
    this.renderRoot.querySelector<HTMLElement>(`tr[aria-rowindex="${index + 2}"]`)?.focus({ preventScroll: true });
  }

  #bringOnScreen(index: number): void {
    const body = this.renderRoot.querySelector('tbody');
    const head = this.renderRoot.querySelector('thead');
    if (index < 0 || body === null || head === null) return;
    const top = body.getBoundingClientRect().top + index * this.#rowHeight;
    const headHeight = head.getBoundingClientRect().height;
    if (top < headHeight) window.scrollBy(0, top - headHeight);
    else if (top + this.#rowHeight > window.innerHeight) window.scrollBy(0, top + this.#rowHeight - window.innerHeight);
    this.#look();
  }

  static override styles = [sharedStyles, layersStyles];
}

function layerWords(shown: number, all: number): string {
  if (shown < all) return l10n.t('{0} of {1}', shown, all);
  return all === 1 ? l10n.t('1 layer') : l10n.t('{0} layers', count(all));
}

/** Columns that would be empty are left out; while results stream in, those that may still fill keep their place. */
function optionalColumns(layers: readonly LayerEntry[], settled: boolean): TableContext['columns'] {
  const columns = new Set<'share' | 'kernel' | 'line'>();
  if (!settled || layers.some(({ share }) => share !== null)) columns.add('share');
  const kernel = (layer: LayerEntry): boolean =>
    settled ? misleadingKernelNorm(layer) !== undefined : layer.kind.includes('conv');
  if (layers.some(kernel)) columns.add('kernel');
  if (layers.some(({ source }) => source !== undefined)) columns.add('line');
  return columns;
}

/** Stands for the rows that are not drawn. */
const spacer = (height: number): TemplateResult | typeof nothing =>
  height > 0
    ? html`<tr aria-hidden="true">
        <td class="spacer" height=${height}></td>
      </tr>`
    : nothing;

customElements.define('lipschitz-layers', LayersTable);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-layers': LayersTable;
  }
}
