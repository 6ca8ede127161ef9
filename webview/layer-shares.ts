import { LitElement, css, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Inspection, LayerEntry } from '../core/report/inspection.ts';
import { layerScale } from '../core/report/layer-table.ts';
import { couplingStrip, couplingStripRoom } from '../core/report/picture/coupling-strip.ts';
import { few } from './drawn-rows.ts';
import { figure, figureStyles } from './figure.ts';
import { l10n } from './l10n.ts';
import { signal } from './signals.ts';
import { sharedStyles } from './styles.ts';
import { lastTurn } from './turns.ts';

/**
 * Each layer's share of the product as a strip, in which a click selects. Of a thousand layers it is the largest picture of the first
 * screen: its room is there at once, and it is drawn when the rows below it take the keyboard.
 */
export class LayerShares extends LitElement {
  static override properties = {
    inspection: { attribute: false },
    selected: { attribute: false },
    width: { attribute: false },
    strip: { state: true },
  };
  declare inspection: Inspection;
  declare selected: LayerEntry['id'] | undefined;
  declare width: number;
  declare strip: 'awaited' | 'drawn';
  #turn: Promise<void> | undefined;

  constructor() {
    super();
    this.strip = 'awaited';
  }

  override willUpdate(): void {
    if (this.inspection.layers.length <= few) this.strip = 'drawn';
    else this.#turn ??= lastTurn().then(() => void (this.strip = 'drawn'));
  }

  /** The strip belongs to it. */
  protected override async getUpdateComplete(): Promise<boolean> {
    await super.getUpdateComplete();
    await this.#turn;
    return super.getUpdateComplete();
  }

  override render(): TemplateResult | typeof nothing {
    const { inspection, width, selected } = this;
    const strip =
      this.strip === 'drawn'
        ? couplingStrip(inspection, layerScale(inspection), width, selected)
        : couplingStripRoom(inspection, width);
    if (strip === '') return nothing;
    return html`<div class="strip" @click=${this.#choose}>
      ${figure(l10n.t('Where the bound comes from: width is the share of the product, hatched where a layer shrinks'), strip, l10n.t('shares'))}
      <button class="link" @click=${() => signal(this, 'keep', { tab: 'coupling' })}>
        ${l10n.t('How the layers couple, and what to rescale')}
      </button>
    </div>`;
  }

  readonly #choose = (event: Event): void => {
    const segment = (event.target as Element).closest('[data-layer]');
    const selected = segment?.getAttribute('data-layer');
    if (selected !== null && selected !== undefined) signal(this, 'keep', { selected, detail: 'open' });
  };

  static override styles = [
    sharedStyles,
    figureStyles,
    css`
      .strip [data-layer] {
        cursor: pointer;
      }
    `,
  ];
}

customElements.define('lipschitz-layer-shares', LayerShares);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-layer-shares': LayerShares;
  }
}
