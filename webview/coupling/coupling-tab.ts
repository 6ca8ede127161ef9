import { LitElement, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { coupling, type Coupling } from '../../core/report/coupling.ts';
import {
  couplingCells,
  couplingSentences,
  restrictedLayers,
  restrictionCells,
  targetSentences,
} from '../../core/report/coupling-cells.ts';
import { digits } from '../../core/report/digits.ts';
import type { Inspection, LayerEntry } from '../../core/report/inspection.ts';
import { type TableCell } from '../../core/report/layer-table.ts';
import { growthWords, type NoiseGrowth } from '../../core/report/noise-growth.ts';
import { noisePicture } from '../../core/report/picture/noise-growth.ts';
import { shareBars } from '../../core/report/picture/share-bars.ts';
import { copyButtons } from '../copy-buttons.ts';
import { drawing } from '../drawing.ts';
import { rowsOnScreen } from '../rows-on-screen.ts';
import { pictureLinks } from '../picture-links.ts';
import { signal } from '../signals.ts';
import { sharedStyles } from '../styles.ts';
import type { CouplingChoice, GrowthState } from './coupling-state.ts';
import { couplingStyles } from './coupling-styles.ts';
import type { WhatIfChoice, WhatIfState } from './what-if-state.ts';
import './what-if.ts';
import type { KeptApartState } from './kept-apart-state.ts';
import './kept-apart.ts';
import { l10n } from '../l10n.ts';

type Rows = readonly (readonly TableCell[])[];

/** The Coupling tab: how the layers make up the constant together, and what to change for another one. */
export class CouplingTab extends LitElement {
  static override properties = {
    inspection: { attribute: false },
    choice: { attribute: false },
    growth: { attribute: false },
    keptApart: { attribute: false },
    whatIf: { attribute: false },
    whatIfChoice: { attribute: false },
    selected: { attribute: false },
    queued: { attribute: false },
    width: { state: true },
  };
  declare inspection: Inspection;
  declare choice: CouplingChoice;
  declare growth: GrowthState;
  declare keptApart: KeptApartState;
  declare whatIf: WhatIfState;
  declare whatIfChoice: WhatIfChoice;
  declare selected: LayerEntry['id'] | undefined;
  /** True while an inspection runs: one computation at a time, each with all cores. */
  declare queued: boolean;
  /** The pictures are drawn for the width they get, so that their letters keep their size. */
  declare width: number;
  readonly #sizes = new ResizeObserver(([entry]) => {
    if (entry !== undefined) this.width = Math.floor(entry.contentRect.width);
  });

  constructor() {
    super();
    this.width = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sizes.disconnect();
  }

  override render(): TemplateResult | typeof nothing {
    const { inspection, choice, width } = this;
    if (width === 0) return nothing;
    const { noise, scale, target } = choice;
    const view = coupling(inspection, { noise, scale, ...(target === undefined ? {} : { target }) });
    // What was sampled is about one size of the noise.
    const growth = this.growth.kind === 'growth' && this.growth.growth.noise === noise ? this.growth.growth : undefined;
    return html`
      <div class="controls" role="group" aria-label=${l10n.t('What is asked about the layers together')}>
        ${this.#number(l10n.t('Size of the noise G'), noise, (value) => ({ noise: value ?? 1 }))}
        ${this.#number(l10n.t('Data multiplied by c'), scale, (value) => ({ scale: value ?? 1 }))}
        ${this.#number(l10n.t('Target for the constant L'), target, (value) => ({ target: value }))}
      </div>
      <ul class="sentences">
        ${couplingSentences(view).map((sentence) => html`<li>${sentence}</li>`)}
      </ul>
      <div class="figures" @click=${this.#chooseLayer}>${this.#figures(view, growth)}</div>
      ${this.#restriction(view)} ${this.#whatIf(view)}
      <lipschitz-kept-apart .state=${this.keptApart} .queued=${this.queued}></lipschitz-kept-apart>
      ${this.#layers(view, growth)}
    `;
  }

  #number(
    label: string,
    value: number | undefined,
    change: (value: number | undefined) => Partial<CouplingChoice>,
  ): TemplateResult {
    const set = (event: Event): void => {
      const { valueAsNumber } = event.target as HTMLInputElement;
      const own = change(valueAsNumber > 0 ? valueAsNumber : undefined);
      signal(this, 'keep', { coupling: { ...this.choice, ...own } });
    };
    return html`<label
      >${label}
      <input type="number" min="0" step="any" .value=${value === undefined ? '' : String(value)} @change=${set} />
    </label>`;
  }

  #figures(view: Coupling, growth: NoiseGrowth | undefined): TemplateResult {
    const { width, selected } = this;
    const half = width >= 760 ? Math.floor((width - 24) / 2) : width;
    const bars = shareBars(view, half, selected);
    const noise = noisePicture(view, growth, half, selected);
    return html`
      ${
        bars === ''
          ? nothing
          : html`<figure>
              <figcaption>
                ${l10n.t('Shares of the layers in the logarithm of the product, hollow where they shrink')}
              </figcaption>
              ${drawing(bars)} ${pictureLinks(l10n.t('shares'), () => bars)}
            </figure>`
      }
      ${
        noise === ''
          ? nothing
          : html`<figure>
              <figcaption>
                ${l10n.t('How large a change of size {0} can be behind each layer', digits(view.noise, 'nearest'))}
              </figcaption>
              ${drawing(noise)} ${pictureLinks(l10n.t('growth'), () => noise)}
            </figure>`
      }
      ${bars === '' && noise === '' ? html`<p class="faint">${l10n.t('No layer has a finite bound from the input yet.')}</p>` : nothing}
      <p class="sampling" role="status">${this.#sampling(growth)}</p>
    `;
  }

  #sampling(growth: NoiseGrowth | undefined): TemplateResult {
    if (growth !== undefined) return html`<span class="faint">${growthWords(growth)}</span>`;
    const ask = (): void => signal(this, 'to-host', { kind: 'ask-growth', noise: this.choice.noise });
    switch (this.growth.kind) {
      case 'asked':
        return html`<span class="faint"
          >${this.queued ? l10n.t('Waits for the inspection to end') : l10n.t('Sampling the network…')}</span
        >`;
      case 'failed':
        return html`${this.growth.message} <button class="link" @click=${ask}>${l10n.t('Try again')}</button>`;
      case 'none':
      case 'growth':
        return html`<button class="link" @click=${ask}>
          ${l10n.t('Sample how changes of this size really grow')}
        </button>`;
    }
  }

  #restriction(view: Coupling): TemplateResult {
    const rows = restrictionCells(view);
    return html`<section>
      <h2>${l10n.t('To reach a target')}</h2>
      ${
        view.target === undefined
          ? html`<p class="faint">${l10n.t('Type a target to see which layer to rescale by how much.')}</p>`
          : targetSentences(view).map((sentence) => html`<p>${sentence}</p>`)
      }
      ${rows.length === 0 ? nothing : this.#table(rows, l10n.t('restrictions'), restrictedLayers(view))}
    </section>`;
  }

  #whatIf({ target }: Coupling): TemplateResult {
    const single = target?.single;
    return html`<lipschitz-what-if
      .inspection=${this.inspection}
      .choice=${this.whatIfChoice}
      .state=${this.whatIf}
      .proposed=${single && { layer: single.id, factor: single.factor }}
      .queued=${this.queued}
    ></lipschitz-what-if>`;
  }

  #layers(view: Coupling, growth: NoiseGrowth | undefined): TemplateResult | typeof nothing {
    const rows = couplingCells(view, growth);
    return rows.length === 0
      ? nothing
      : html`<details>
          <summary>${l10n.t('Both figures as a table')}</summary>
          ${this.#table(rows, l10n.t('coupling'), view.layers)}
        </details>`;
  }

  /** `layers` are those of the rows, in their order. */
  #table(rows: Rows, what: string, layers: Coupling['layers']): TemplateResult {
    const columns = rows[0]?.map(([column]) => column) ?? [];
    const kind = (i: number): string => (i > 0 && columns[i] !== 'operator' ? 'number' : '');
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${l10n.t('Table of the {0}', what)}>
        <table>
          <thead>
            <tr>
              ${columns.map((column, i) => html`<th scope="col" class=${kind(i)}>${column}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rowsOnScreen(
              rows,
              (row, at) =>
                html`<tr aria-current=${layers[at]?.id === this.selected ? 'true' : nothing}>
                  ${row.map(([, text], i) => (i === 0 ? html`<th scope="row">${text}</th>` : html`<td class=${kind(i)}>${text}</td>`))}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${copyButtons(what, () => [rows])}`;
  }

  readonly #chooseLayer = (event: Event): void => {
    const selected = (event.composedPath()[0] as Element).closest('[data-layer]')?.getAttribute('data-layer');
    if (selected !== null && selected !== undefined) signal(this, 'keep', { selected, detail: 'open' });
  };

  static override styles = [sharedStyles, couplingStyles];
}

customElements.define('lipschitz-coupling', CouplingTab);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-coupling': CouplingTab;
  }
}
