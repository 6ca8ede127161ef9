import { LitElement, css, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { ComparedLayer, Comparison } from '../../core/report/comparison/comparison.ts';
import { comparisonFormats, comparisonMethod } from '../../core/report/comparison/files.ts';
import type { LayerEntry } from '../../core/report/inspection.ts';
import { changeSign, comparedCells, comparisonSentences } from '../../core/report/comparison/words.ts';
import { comparisonPicture } from '../../core/report/picture/comparison-picture.ts';
import { copyButtons } from '../copy-buttons.ts';
import { drawing } from '../drawing.ts';
import { rowsOnScreen } from '../rows-on-screen.ts';
import { PartByPart } from '../part-by-part.ts';
import { pngOf } from '../picture-png.ts';
import { signal } from '../signals.ts';
import { computing } from '../states/computing.ts';
import { saveLinks } from '../save-links.ts';
import { sharedStyles } from '../styles.ts';
import { tableStyles } from '../table-styles.ts';
import { WidthOf } from '../width-of.ts';
import { comparisonOf, type CompareState } from './compare-state.ts';
import { l10n } from '../l10n.ts';

/** Numbers stand to the right. */
const numeric = /norm|after|ratio/;

/** The Compare tab: this model and another one, what changed between them, and what is proved about it. */
export class CompareTab extends LitElement {
  static override properties = {
    state: { attribute: false },
    file: { attribute: false },
    selected: { attribute: false },
    queued: { attribute: false },
    width: { state: true },
    onlyChanged: { state: true },
  };
  declare state: CompareState;
  /** The layer of this panel's model that is selected everywhere. */
  declare selected: LayerEntry['id'] | undefined;
  /** The model of this panel. */
  declare file: string;
  /** True while an inspection runs: one computation at a time, each with all cores. */
  declare queued: boolean;
  declare width: number;
  declare onlyChanged: boolean;
  readonly #parts = new PartByPart(this);

  constructor() {
    super();
    this.width = 0;
    this.onlyChanged = false;
    this.addController(new WidthOf(this, (width) => (this.width = Math.min(width, 900))));
  }

  override render(): TemplateResult {
    const comparison = comparisonOf(this.state);
    return html`
      <div class="row" role="group" aria-label=${l10n.t('What is compared')}>
        <vscode-button icon="diff" @click=${() => signal(this, 'to-host', { kind: 'compare-with' })}
          >${this.state.kind === 'none' ? l10n.t('Compare with…') : l10n.t('Compare with another…')}</vscode-button
        >
        ${
          this.state.kind === 'none'
            ? nothing
            : html`<vscode-button
                secondary
                icon="arrow-swap"
                @click=${() => signal(this, 'to-host', { kind: 'swap-compared' })}
                >${l10n.t('Swap')}</vscode-button
              >`
        }
        ${
          this.state.kind === 'running'
            ? html`<vscode-button
                secondary
                icon="debug-stop"
                @click=${() => signal(this, 'to-host', { kind: 'cancel-compare' })}
                >${l10n.t('Cancel')}</vscode-button
              >`
            : nothing
        }
      </div>
      ${computing(this.state, { queued: this.queued, what: l10n.t('the comparison'), stopped: l10n.t('Stopped. What was found so far holds.') })}
      ${
        comparison === undefined
          ? this.state.kind === 'none'
            ? html`<p class="empty faint">
                ${l10n.t("Puts {0} beside another model or checkpoint: which layers have other weights, which got rougher or smoother, and how far apart the networks' constants are for certain.", this.file)}
              </p>`
            : nothing
          : this.#shown(comparison)
      }
    `;
  }

  #shown(comparison: Comparison): TemplateResult {
    const { before, after, notes } = comparison;
    return html`
      <h2>${before.file} → ${after.file}</h2>
      <div class="sentences" role="status">
        ${comparisonSentences(comparison).map((sentence) => html`<p>${sentence}</p>`)}
      </div>
      ${this.#parts.part(() => this.#figure(comparison))} ${this.#parts.part(() => this.#table(comparison))}
      ${this.#parts.part(
        () => html`
          ${
            notes.length === 0
              ? nothing
              : html`<ul class="faint" aria-label=${l10n.t('Notes')}>
                  ${notes.map((note) => html`<li>${note}</li>`)}
                </ul>`
          }
          <p class="faint method">${comparisonMethod}</p>
          <div class="row" role="group" aria-label=${l10n.t('Export the comparison')}>
            ${saveLinks(l10n.t('comparison'), [...comparisonFormats, 'png' as const], (format) => void this.#export(format))}
            ${copyButtons(l10n.t('comparison'), () => [comparison.layers.map((layer) => comparedCells(layer, comparison))])}
          </div>
        `,
      )}
    `;
  }

  /** Of the width that the page has. */
  #picture(comparison: Comparison): string {
    return this.width === 0 ? '' : comparisonPicture(comparison, Math.max(340, this.width));
  }

  #figure(comparison: Comparison): TemplateResult {
    return html`${guard([comparison, this.width], () => {
      const drawn = this.#picture(comparison);
      return drawn === ''
        ? nothing
        : html`<figure>
            ${drawing(drawn)}
            <figcaption class="faint">
              ${l10n.t('Above and hollow before, below and filled after; layers that are proved the same are left out.')}
            </figcaption>
          </figure>`;
    })}`;
  }

  #table(comparison: Comparison): TemplateResult | typeof nothing {
    const all = comparison.layers;
    if (all.length === 0) return nothing;
    const shown = this.onlyChanged ? all.filter(hasChanged) : all;
    const head = comparedCells(all[0]!, comparison).map(([column]) => column);
    return html`<label class="tick"
        ><input
          type="checkbox"
          .checked=${this.onlyChanged}
          @change=${(event: Event) => (this.onlyChanged = (event.target as HTMLInputElement).checked)}
        />${l10n.t('Only what changed')}</label
      >
      <div class="scroll" tabindex="0" role="region" aria-label=${l10n.t('Layers beside each other')}>
        <table>
          <thead>
            <tr>
              ${head.map((column) => html`<th scope="col" class=${numeric.test(column) ? 'number' : ''}>${column}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rowsOnScreen(shown, (layer) => this.#row(layer, comparison))}
          </tbody>
        </table>
      </div>`;
  }

  #row(layer: ComparedLayer, comparison: Comparison): TemplateResult {
    const [name, ...cells] = comparedCells(layer, comparison);
    const mine = layerHere(layer, comparison, this.file);
    const change = layer.in === 'both' ? layer.constant?.change : undefined;
    return html`<tr aria-current=${mine !== undefined && mine === this.selected ? 'true' : nothing}>
      <th scope="row">
        ${
          mine === undefined
            ? name![1]
            : html`<button
                class="link"
                title=${l10n.t('Select this layer in every tab and open its detail')}
                @click=${() => signal(this, 'keep', { selected: mine, detail: 'open' })}
              >
                ${name![1]}
              </button>`
        }
      </th>
      ${cells.map(([column, text]) => html`<td class=${numeric.test(column) ? 'number' : ''}>${column === 'change' && change !== undefined ? `${changeSign[change]} ` : ''}${text}</td>`)}
    </tr>`;
  }

  async #export(format: (typeof comparisonFormats)[number] | 'png'): Promise<void> {
    if (format !== 'png') {
      signal(this, 'to-host', { kind: 'export-comparison', format });
      return;
    }
    const comparison = comparisonOf(this.state);
    if (comparison === undefined) return;
    const picture = await pngOf(this.#picture(comparison), this);
    if (picture !== undefined) signal(this, 'to-host', { kind: 'export-comparison', format, picture });
  }

  protected override async getUpdateComplete(): Promise<boolean> {
    await super.getUpdateComplete();
    await this.#parts.complete();
    return super.getUpdateComplete();
  }

  static override styles = [
    sharedStyles,
    tableStyles,
    css`
      h2 {
        margin-top: 14px;
        overflow-wrap: anywhere;
      }
      .sentences {
        max-width: 84ch;
        margin: 8px 0 12px;
        line-height: 1.5;
      }
      .empty,
      .method {
        max-width: 84ch;
        margin: 12px 0;
        line-height: 1.5;
      }
      .progress {
        max-width: 640px;
        margin: 10px 0;
      }
      .tick {
        display: flex;
        gap: 6px;
        align-items: center;
        margin: 10px 0 4px;
      }
    `,
  ];
}

/** The panel's own layer in this row, which the network's table can show. */
function layerHere(layer: ComparedLayer, { after }: Comparison, file: string): string | undefined {
  const side = after.file === file ? 'after' : 'before';
  if (layer.in === 'both') return layer[side].id;
  return layer.in === side ? layer.layer.id : undefined;
}

const hasChanged = (layer: ComparedLayer): boolean =>
  layer.in !== 'both' || layer.weights === 'changed' || (layer.constant !== null && layer.constant.change !== 'same');

customElements.define('lipschitz-compare', CompareTab);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-compare': CompareTab;
  }
}
