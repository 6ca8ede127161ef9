import { LitElement, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { digits } from '../../core/report/digits.ts';
import type { Inspection, LayerEntry } from '../../core/report/inspection.ts';
import { changedCells, whatIfCells, whatIfSentences, type WhatIfReport } from '../../core/report/what-if.ts';
import { copyButtons } from '../copy-buttons.ts';
import { signal } from '../signals.ts';
import { sharedStyles } from '../styles.ts';
import { couplingStyles } from './coupling-styles.ts';
import { changeable, changesOf, type WhatIfChoice, type WhatIfState } from './what-if-state.ts';
import { whatIfStyles } from './what-if-styles.ts';
import { l10n } from '../l10n.ts';

const kinds = { spectral: l10n.t('Spectral normalisation'), rescale: l10n.t('Rescale one layer') } as const;

/** The part of the Coupling tab that tries a change of the weights: the interval and the outputs before and after, and the changed model to be saved. */
export class WhatIf extends LitElement {
  static override properties = {
    inspection: { attribute: false },
    choice: { attribute: false },
    state: { attribute: false },
    proposed: { attribute: false },
    queued: { attribute: false },
  };
  declare inspection: Inspection;
  declare choice: WhatIfChoice;
  declare state: WhatIfState;
  /** What the target asks of the layer to blame. */
  declare proposed: { readonly layer: LayerEntry['id']; readonly factor: number } | undefined;
  /** True while an inspection runs: one computation at a time, each with all cores. */
  declare queued: boolean;

  override render(): TemplateResult | typeof nothing {
    const layers = changeable(this.inspection);
    if (layers.length === 0) return nothing;
    const changes = changesOf(this.choice, layers, this.#single(layers));
    return html`<section aria-labelledby="what-if">
      <h2 id="what-if">${l10n.t('What if the weights were others?')}</h2>
      <p class="faint">
        ${l10n.t('Weights are multiplied, biases stay; the file itself is not touched. The changed model can be saved.')}
      </p>
      <div class="controls" role="group" aria-label=${l10n.t('What becomes of the weights')}>
        ${this.#kind()} ${this.choice.kind === 'spectral' ? this.#limit() : this.#rescaled(layers)}
        ${
          this.state.kind === 'running'
            ? html`<vscode-button
                secondary
                icon="debug-stop"
                @click=${() => signal(this, 'to-host', { kind: 'cancel-what-if' })}
                >${l10n.t('Cancel')}</vscode-button
              >`
            : html`<vscode-button
                icon="play"
                ?disabled=${changes.length === 0}
                @click=${() => signal(this, 'to-host', { kind: 'ask-what-if', changes })}
                >${l10n.t('Try')}</vscode-button
              >`
        }
      </div>
      ${this.choice.kind === 'spectral' ? this.#layers(layers) : nothing} ${this.#answer()}
    </section>`;
  }

  #keep(change: Partial<WhatIfChoice>): void {
    signal(this, 'keep', { whatIf: { ...this.choice, ...change } });
  }

  /** The layer to rescale and its factor: as chosen, else as proposed, else the longest by half. */
  #single(layers: readonly LayerEntry[]): { readonly layer: LayerEntry['id']; readonly factor: number } | undefined {
    const { choice, proposed } = this;
    const longest = layers.reduce<LayerEntry | undefined>(
      (most, one) => (most !== undefined && (most.norms.l2!.upper ?? 0) >= (one.norms.l2!.upper ?? 0) ? most : one),
      undefined,
    );
    const known = layers.find(({ id }) => id === choice.layer)?.id;
    const layer = known ?? proposed?.layer ?? longest?.id;
    if (layer === undefined) return undefined;
    const asked = proposed?.layer === layer ? Number(proposed.factor.toPrecision(6)) : 0.5;
    return { layer, factor: choice.factor ?? asked };
  }

  #kind(): TemplateResult {
    const set = (event: Event): void => {
      const { value } = event.target as HTMLSelectElement;
      if (value === 'spectral' || value === 'rescale') this.#keep({ kind: value });
    };
    return html`<label
      >${l10n.t('Change')}
      <select .value=${this.choice.kind} @change=${set}>
        ${Object.entries(kinds).map(
          ([kind, words]) => html`<option value=${kind} ?selected=${kind === this.choice.kind}>${words}</option>`,
        )}
      </select>
    </label>`;
  }

  #limit(): TemplateResult {
    const set = (event: Event): void => {
      const { valueAsNumber } = event.target as HTMLInputElement;
      this.#keep({ limit: valueAsNumber > 0 ? valueAsNumber : 1 });
    };
    return html`<label
      >${l10n.t('Largest l2 norm K')}
      <input type="number" min="0" step="any" .value=${String(this.choice.limit)} @change=${set} />
    </label>`;
  }

  #rescaled(layers: readonly LayerEntry[]): TemplateResult {
    const single = this.#single(layers);
    const choose = (event: Event): void =>
      this.#keep({ layer: (event.target as HTMLSelectElement).value, factor: undefined });
    const set = (event: Event): void => {
      const { valueAsNumber } = event.target as HTMLInputElement;
      this.#keep({ factor: valueAsNumber > 0 ? valueAsNumber : undefined });
    };
    return html`<label
        >${l10n.t('Layer')}
        <select .value=${single?.layer ?? ''} @change=${choose}>
          ${layers.map(({ id, name }) => html`<option value=${id} ?selected=${id === single?.layer}>${name}</option>`)}
        </select>
      </label>
      <label
        >${l10n.t('Factor')}
        <input type="number" min="0" step="any" .value=${String(single?.factor ?? '')} @change=${set} />
      </label>`;
  }

  /** Which layers are held to the norm. */
  #layers(layers: readonly LayerEntry[]): TemplateResult {
    const { untouched } = this.choice;
    const chosen = layers.filter(({ id }) => !untouched.includes(id)).length;
    const toggle = (id: LayerEntry['id'], on: boolean): void =>
      this.#keep({ untouched: on ? untouched.filter((own) => own !== id) : [...untouched, id] });
    return html`<details class="chosen">
      <summary>${l10n.t('{0} of {1} layers', chosen, layers.length)}</summary>
      <p class="row">
        <button class="link" @click=${() => this.#keep({ untouched: [] })}>${l10n.t('All')}</button>
        <button class="link" @click=${() => this.#keep({ untouched: layers.map(({ id }) => id) })}>
          ${l10n.t('None')}
        </button>
      </p>
      <div class="ticks" role="group" aria-label=${l10n.t('Layers that are held to the norm')}>
        ${layers.map(
          ({ id, name, norms }) =>
            html`<label class="tick"
              ><input
                type="checkbox"
                .checked=${!untouched.includes(id)}
                @change=${(event: Event) => toggle(id, (event.target as HTMLInputElement).checked)}
              />${name}
              <span class="faint">${norms.l2!.upper === null ? '' : digits(norms.l2!.upper, 'up')}</span></label
            >`,
        )}
      </div>
    </details>`;
  }

  #answer(): TemplateResult | typeof nothing {
    const { state } = this;
    switch (state.kind) {
      case 'none':
        return nothing;
      case 'running':
        return html`<p role="status">
          ${this.queued ? l10n.t('Waits for the inspection to end') : l10n.t('Inspecting the model as it is and as it would be…')}
        </p>`;
      case 'stopped':
        return html`<p role="status">${l10n.t('Stopped; the model is as it was.')}</p>`;
      case 'failed':
        return html`<p class="objection" role="alert">${state.message}</p>`;
      case 'finished':
        return this.#report(state.report);
    }
  }

  #report(report: WhatIfReport): TemplateResult {
    const [intervals, changed] = [whatIfCells(report), changedCells(report)];
    return html`<div role="status">${whatIfSentences(report).map((sentence) => html`<p>${sentence}</p>`)}</div>
      ${table(intervals, l10n.t('intervals before and after'))}
      ${changed.length === 0 ? nothing : table(changed, l10n.t('changed layers'))}
      <p class="row">
        ${
          report.layers.length === 0
            ? nothing
            : html`<vscode-button
                secondary
                icon="save"
                @click=${() => signal(this, 'to-host', { kind: 'save-what-if' })}
                >${l10n.t('Save changed model…')}</vscode-button
              >`
        }
        ${copyButtons('what-if', () => [intervals, changed])}
      </p>`;
  }

  static override styles = [sharedStyles, couplingStyles, whatIfStyles];
}

const table = (rows: ReturnType<typeof whatIfCells>, what: string): TemplateResult =>
  html`<div class="scroll" tabindex="0" role="region" aria-label=${l10n.t('Table of the {0}', what)}>
    <table>
      <thead>
        <tr>
          ${rows[0]!.map(([column], i) => html`<th scope="col" class=${i > 0 ? 'number' : ''}>${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map(([, text], i) => (i === 0 ? html`<th scope="row">${text}</th>` : html`<td class="number">${text}</td>`))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;

customElements.define('lipschitz-what-if', WhatIf);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-what-if': WhatIf;
  }
}
