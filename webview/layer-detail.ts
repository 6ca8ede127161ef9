import { LitElement, css, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { norms } from '../core/bound.ts';
import type { Norm, Rigor } from '../core/bound.ts';
import { count, digits, shapeText } from '../core/report/digits.ts';
import type { LayerEntry } from '../core/report/inspection.ts';
import { methodWords } from '../core/report/method-names.ts';
import { layerPlace, tierWords } from '../core/report/layer-table.ts';
import { commonScale } from '../core/report/picture/scale.ts';
import { intervalGlyph } from '../core/report/picture/interval-glyph.ts';
import { layerSentence } from '../core/report/sentences.ts';
import { evidenceWord, intervalMark, intervalNumbers, mark, normWord, ofLayer } from '../core/report/words.ts';
import { drawing } from './drawing.ts';
import type { SpectrumAnswer } from '../core/report/spectrum-view.ts';
import { layerSpectrumPart, spectrumStyles } from './layer-spectrum.ts';
import type { MapChoice } from './map/map-state.ts';
import { signal } from './signals.ts';
import { sharedStyles } from './styles.ts';
import { l10n } from './l10n.ts';

/** Everything known about one layer. Escape closes it. */
export class LayerDetail extends LitElement {
  static override properties = {
    layer: { attribute: false },
    norm: { attribute: false },
    spectrum: { attribute: false },
    map: { attribute: false },
  };
  declare layer: LayerEntry | undefined;
  declare norm: Norm;
  /** undefined until it is asked for. */
  declare spectrum: SpectrumAnswer | 'asked' | undefined;
  /** The map up to this layer; undefined where none can be drawn. */
  declare map: MapChoice | undefined;

  override firstUpdated(): void {
    this.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#close();
    });
  }

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('section')?.focus();
  }

  readonly #close = (): void => {
    signal(this, 'send-focus', 'rows');
    signal(this, 'keep', { detail: 'closed' });
  };

  readonly #ask = (): void => {
    if (this.layer !== undefined) signal(this, 'to-host', { kind: 'ask-spectrum', layer: this.layer.id });
  };

  override render(): TemplateResult | typeof nothing {
    const { layer, norm } = this;
    if (layer === undefined) return nothing;
    return html`
      <section tabindex="-1" aria-label=${l10n.t('Layer {0}', layer.name)}>
        <div class="head">
          <h2>${layer.name}</h2>
          <button class="close" aria-label=${l10n.t('Close the detail')} @click=${this.#close}>✕</button>
        </div>
        <p>${layerSentence(layer, norm).replaceAll(' %', '\u00A0%')}</p>
        ${intervals(layer)}
        <dl>
          ${facts(layer).map(
            ([term, value]) =>
              html`<dt>${term}</dt>
                <dd>${value}</dd>`,
          )}
        </dl>
        ${isLinear(layer) ? layerSpectrumPart(this.spectrum, this.#ask) : nothing} ${this.#line(layer)}
        ${this.#upToHere()}
      </section>
    `;
  }

  #line(layer: LayerEntry): TemplateResult | typeof nothing {
    if (layer.source === undefined && layer.hints === undefined) return nothing;
    const { source } = layer;
    const words = source === undefined ? l10n.t('Find the line of code') : l10n.t('Go to {0}', layerPlace(layer));
    return html`<p class="line">
      <button class="link" @click=${() => signal(this, 'to-host', { kind: 'reveal', layer: layer.id })}>
        ${words}
      </button>
      ${source === undefined ? nothing : html`<span class="faint">${tierWords[source.tier]}</span>`}
    </p>`;
  }

  #upToHere(): TemplateResult | typeof nothing {
    const { map } = this;
    if (map === undefined) return nothing;
    return html`<p>
      <button class="link" @click=${() => signal(this, 'keep', { tab: 'map', mapChoice: map })}>
        ${l10n.t('Map up to this layer')}
      </button>
    </p>`;
  }

  static override styles = [
    sharedStyles,
    spectrumStyles,
    css`
      section {
        display: grid;
        gap: 10px;
        padding: 10px 12px 14px;
        border: 1px solid var(--lipschitz-grid);
        border-radius: 4px;
        background: var(--vscode-editorWidget-background, var(--lipschitz-paper));
        color: var(--vscode-editorWidget-foreground, var(--vscode-foreground));
        overflow-wrap: anywhere;
        line-height: 1.45;
      }
      .head {
        display: flex;
        gap: 8px;
        align-items: start;
        justify-content: space-between;
      }
      .close {
        flex: none;
        width: 22px;
        height: 22px;
        padding: 0;
        border: 0;
        border-radius: 4px;
        background: none;
        color: inherit;
        font: inherit;
        cursor: pointer;
      }
      .close:hover {
        background: var(--vscode-toolbar-hoverBackground);
      }
      .intervals {
        display: grid;
        grid-template-columns: auto 90px minmax(0, 1fr);
        gap: 5px 10px;
        align-items: center;
      }
      .intervals p:nth-child(3n) {
        line-height: 1.25;
      }
      dl {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 2px 14px;
      }
      dt {
        color: var(--lipschitz-faint);
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        gap: 0 10px;
      }
    `,
  ];
}

/** Only what has weights or copies has singular values; the host says so of the rest. */
const isLinear = ({ norms: known, smallest, parameters }: LayerEntry): boolean =>
  smallest !== undefined || (parameters > 0 && known.l2 !== undefined);

function intervals(layer: LayerEntry): TemplateResult {
  const scale = commonScale(norms.flatMap((norm) => [layer.norms[norm]?.lower, layer.norms[norm]?.upper]));
  return html`<div class="intervals">
    ${norms.flatMap((norm) => {
      const known = layer.norms[norm];
      if (known === undefined) return [];
      const shown = ofLayer(known);
      return html`<p>${normWord[norm]}</p>
        ${drawing(intervalGlyph(shown, { scale, width: 90, height: 16, role: 'beside text' }))}
        <p>
          ${intervalNumbers(shown)} ${intervalMark(shown)}
          <span class="faint"
            >${evidenceWord(shown)}${known.upper === null ? '' : `, ${methodWords(known.method)}`}</span
          >
        </p>`;
    })}
  </div>`;
}

function facts(layer: LayerEntry): readonly (readonly [string, string])[] {
  const number = (value: number, rigor?: Rigor): string =>
    rigor === undefined ? digits(value, 'nearest') : `${digits(value, 'nearest')} ${mark[rigor]} ${rigor}`;
  const optional = (term: string, text: string | undefined): readonly (readonly [string, string])[] =>
    text === undefined ? [] : [[term, text]];
  const maybe = (value: number | undefined): string | undefined => (value === undefined ? undefined : number(value));
  return [
    [l10n.t('Operator'), `${layer.op} (${layer.kind})`],
    [l10n.t('Shapes'), `${shapeText(layer.inputShape)} → ${shapeText(layer.outputShape)}`],
    [l10n.t('Parameters'), count(layer.parameters)],
    ...optional(l10n.t('Folded in'), layer.folded?.join(', ')),
    ...optional(
      l10n.t('Smallest singular value'),
      layer.smallest && number(layer.smallest.value, layer.smallest.rigor),
    ),
    ...optional(l10n.t('Stable rank'), maybe(layer.stableRank)),
    ...optional(l10n.t('Frobenius norm'), maybe(layer.frobenius)),
    ...optional(l10n.t('Orthogonality gap'), maybe(layer.orthogonalityGap)),
    ...optional(l10n.t('Kernel as a matrix'), maybe(layer.kernelNorm)),
    [l10n.t('Node'), layer.id],
  ];
}

customElements.define('lipschitz-detail', LayerDetail);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-detail': LayerDetail;
  }
}
