import { LitElement, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { bilipschitzSentences } from '../../core/report/bilipschitz.ts';
import { l10n } from '../l10n.ts';
import { signal } from '../signals.ts';
import { sharedStyles } from '../styles.ts';
import { couplingStyles } from './coupling-styles.ts';
import type { KeptApartState } from './kept-apart-state.ts';

/** The part of the Coupling tab that asks the other half of the bi-Lipschitz question: how near images of different points can be. */
export class KeptApart extends LitElement {
  static override properties = {
    state: { attribute: false },
    queued: { attribute: false },
  };
  declare state: KeptApartState;
  /** True while an inspection runs: one computation at a time, each with all cores. */
  declare queued: boolean;

  override render(): TemplateResult {
    return html`<section aria-labelledby="kept-apart">
      <h2 id="kept-apart">${l10n.t('How far are points kept apart?')}</h2>
      <p class="faint">
        ${l10n.t('The largest m with |f(x) − f(y)| ≥ m |x − y| in l2, on the region of the question: the lower end of the bi-Lipschitz constant.')}
      </p>
      ${this.#ask()} ${this.#answer()}
    </section>`;
  }

  #ask(): TemplateResult | typeof nothing {
    if (this.state.kind === 'asked' || this.state.kind === 'answer') return nothing;
    return html`<vscode-button icon="play" @click=${() => signal(this, 'to-host', { kind: 'ask-kept-apart' })}
      >${l10n.t('Compute')}</vscode-button
    >`;
  }

  #answer(): TemplateResult | typeof nothing {
    const { state } = this;
    switch (state.kind) {
      case 'none':
        return nothing;
      case 'asked':
        return html`<p role="status">
          ${this.queued ? l10n.t('Waits for the inspection to end') : l10n.t('Looking for points whose images are near each other…')}
        </p>`;
      case 'failed':
        return html`<p class="objection" role="alert">${state.message}</p>`;
      case 'answer':
        return html`<div role="status">
          ${bilipschitzSentences(state.report).map((sentence) => html`<p>${sentence}</p>`)}
        </div>`;
    }
  }

  static override styles = [sharedStyles, couplingStyles];
}

customElements.define('lipschitz-kept-apart', KeptApart);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-kept-apart': KeptApart;
  }
}
