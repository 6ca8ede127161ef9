import { LitElement, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Chain, ChainStep } from '../../core/network/layer-chain.ts';
import { fitsAlong, stepWords, type InspectedChain, type StepFit } from '../../core/report/layer-chain.ts';
import { signal } from '../signals.ts';
import { sharedStyles } from '../styles.ts';
import { tableStyles } from '../table-styles.ts';
import {
  chainOf,
  firstDraft,
  moved,
  obstacle,
  sizesOf,
  stepChoices,
  withSteps,
  type ChainDraft,
} from './chain-state.ts';
import { chainStyles } from './chain-styles.ts';
import { l10n } from '../l10n.ts';

/** The Chain tab: how the layers of a file without a graph follow one another, guessed, mended by the user, and only then composed. */
export class ChainTab extends LitElement {
  static override properties = {
    chain: { attribute: false },
    source: { attribute: false },
    refused: { attribute: false },
    kept: { attribute: false },
    queued: { attribute: false },
    said: { state: true },
    sizes: { state: true },
  };
  declare chain: InspectedChain;
  /** What the code that defines the layers says. */
  declare source: { readonly file: string; readonly chain: Chain } | undefined;
  /** Why the chain that was composed last could not be inspected. */
  declare refused: string | undefined;
  declare kept: ChainDraft | undefined;
  /** True while an inspection runs. */
  declare queued: boolean;
  /** What screen readers hear of the last change. */
  declare said: string;
  /** Typed sizes that are none. */
  declare sizes: string | undefined;

  constructor() {
    super();
    this.said = '';
  }

  override render(): TemplateResult {
    const draft = this.#draft;
    const { layers, state } = this.chain;
    const why = this.sizes === undefined ? obstacle(draft, layers) : l10n.t('The sizes of the input are none.');
    return html`
      <p class="sentences">${this.#standing(draft)}</p>
      ${this.#beginnings()} ${this.#input(draft)} ${this.#steps(draft)} ${this.#putIn(draft)}
      <div class="row compose" role="group" aria-label=${l10n.t('Compose')}>
        <vscode-button
          icon="link"
          ?disabled=${why !== undefined || this.queued}
          @click=${() => signal(this, 'to-host', { kind: 'compose-chain', chain: chainOf(draft) })}
          >${l10n.t('Compose into bounds')}</vscode-button
        >
        ${
          state === 'supposed'
            ? html`<vscode-button
                secondary
                icon="discard"
                ?disabled=${this.queued}
                @click=${() => signal(this, 'to-host', { kind: 'forget-chain' })}
                >${l10n.t('Take the chain away')}</vscode-button
              >`
            : nothing
        }
        <span class="why">${why ?? (this.queued ? l10n.t('Waits for the inspection to end.') : '')}</span>
      </div>
      ${this.refused === undefined ? nothing : html`<p class="objection" role="alert">${this.refused}</p>`}
      <p class="unseen" role="status">${this.said}</p>
    `;
  }

  get #draft(): ChainDraft {
    return this.kept ?? firstDraft(this.chain, this.source?.chain);
  }

  #standing(draft: ChainDraft): string {
    const { basis } = chainOf(draft);
    return this.chain.state === 'supposed'
      ? l10n.t(
          'All numbers of the whole network rest on a chain: {0}. The file does not vouch for it, so they are estimates.',
          this.chain.basis,
        )
      : l10n.t(
          'The file says nothing of how its layers follow one another. Below stands {0}. Read it and mend it: no number rests on it until it is composed, and then every one of the whole network is an estimate that says so.',
          basis,
        );
  }

  /** The guesses that a draft can begin with anew. */
  #beginnings(): TemplateResult | typeof nothing {
    const { chain, source } = this;
    const begin = (label: string, { basis, input, steps }: Chain): TemplateResult =>
      html`<button
        class="link"
        @click=${() => {
          this.sizes = undefined;
          this.#keep({ basis, input, steps, changed: false }, l10n.t('Begun anew from {0}', basis));
        }}
      >
        ${label}
      </button>`;
    if (source === undefined && this.kept?.changed !== true) return nothing;
    return html`<div class="row" role="group" aria-label=${l10n.t('Begin anew')}>
      ${l10n.t('Begin anew from')}
      ${begin(chain.state === 'supposed' ? l10n.t('the chain in force') : l10n.t('names and sizes'), chain)}
      ${source === undefined ? nothing : begin(source.file, source.chain)}
    </div>`;
  }

  #input(draft: ChainDraft): TemplateResult {
    const shown = this.sizes ?? draft.input.map((size) => size ?? '?').join('×');
    const change = (event: Event): void => {
      const text = (event.target as HTMLInputElement).value;
      const input = sizesOf(text);
      this.sizes = input === undefined ? text : undefined;
      if (input !== undefined) this.#keep({ ...draft, input, changed: true }, '');
    };
    return html`<label
      >${l10n.t('Input without the batch, channels first')}
      <input
        type="text"
        .value=${shown}
        aria-invalid=${this.sizes === undefined ? 'false' : 'true'}
        placeholder="1×28×28"
        @change=${change}
      />
    </label>`;
  }

  #steps(draft: ChainDraft): TemplateResult {
    const { layers } = this.chain;
    const names = new Map(layers.map(({ id, name }) => [id, name]));
    const fits = fitsAlong(draft, layers);
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${l10n.t('Steps of the chain')}>
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">#</th>
            <th scope="col">${l10n.t('step')}</th>
            <th scope="col">${l10n.t('settings')}</th>
            <th scope="col">${l10n.t('gives')}</th>
            <th scope="col">${l10n.t('change')}</th>
          </tr>
        </thead>
        <tbody>
          ${draft.steps.map((step, place) => {
            const name = 'layer' in step ? (names.get(step.layer) ?? step.layer) : stepWords(step, names);
            return html`<tr>
              <td class="number">${place + 1}</td>
              <th scope="row">${name}</th>
              <td>${this.#settings(draft, step, place, name)}</td>
              <td>${outcome(fits[place]!)}</td>
              <td>${this.#buttons(draft, place, name)}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>`;
  }

  #settings(draft: ChainDraft, step: ChainStep, place: number, name: string): TemplateResult | typeof nothing {
    const number = (
      label: string,
      value: number,
      least: number,
      changed: (value: number) => ChainStep,
    ): TemplateResult =>
      html`<label class="setting"
        >${label}
        <input
          type="number"
          step="1"
          min=${least}
          .value=${String(value)}
          aria-label=${l10n.t('{0} of {1}', label, name)}
          @change=${(event: Event) => {
            const given = (event.target as HTMLInputElement).valueAsNumber;
            if (Number.isSafeInteger(given) && given >= least)
              this.#keep(withSteps(draft, draft.steps.with(place, changed(given))), '');
            else (event.target as HTMLInputElement).value = String(value);
          }}
        />
      </label>`;
    if ('pool' in step) return number(l10n.t('size'), step.size, 1, (size) => ({ ...step, size }));
    const layer = 'layer' in step ? this.chain.layers.find(({ id }) => id === step.layer) : undefined;
    if (!('layer' in step) || layer === undefined || layer.kernel.length === 0) return nothing;
    return html`${number(l10n.t('stride'), step.stride ?? 1, 1, (stride) => ({ ...step, stride }))}
    ${number(l10n.t('padding'), step.padding ?? 0, 0, (padding) => ({ ...step, padding }))}
    ${number(l10n.t('groups'), step.groups ?? 1, 1, (groups) => ({ ...step, groups }))}`;
  }

  #buttons(draft: ChainDraft, place: number, name: string): TemplateResult {
    const last = draft.steps.length - 1;
    const move = (to: number, button: string): void => {
      this.#keep(
        withSteps(draft, moved(draft.steps, place, to)),
        l10n.t('{0} is step {1} of {2} now', name, to + 1, last + 1),
      );
      this.#focusLater(to, to === 0 ? 'down' : to === last ? 'up' : button);
    };
    const remove = (): void => {
      this.#keep(withSteps(draft, draft.steps.toSpliced(place, 1)), l10n.t('{0} was taken out', name));
      this.#focusLater(Math.min(place, last - 1), 'remove');
    };
    const button = (what: string, sign: string, label: string, act: () => void, disabled = false): TemplateResult =>
      html`<button class="act ${what}" title=${label} aria-label=${label} ?disabled=${disabled} @click=${act}>
        ${sign}
      </button>`;
    return html`${button('up', '↑', l10n.t('Move {0}, step {1}, up', name, place + 1), () => move(place - 1, 'up'), place === 0)}
    ${button('down', '↓', l10n.t('Move {0}, step {1}, down', name, place + 1), () => move(place + 1, 'down'), place === last)}
    ${button('remove', '✕', l10n.t('Take {0}, step {1}, out', name, place + 1), remove)}`;
  }

  #putIn(draft: ChainDraft): TemplateResult {
    const { layers } = this.chain;
    const names = new Map(layers.map(({ id, name }) => [id, name]));
    const choices = stepChoices(layers);
    const putIn = (): void => {
      const [what, where] = ['what', 'where'].map((id) =>
        Number(this.renderRoot.querySelector<HTMLSelectElement>(`#${id}`)?.value),
      ) as [number, number];
      const [words, step] = choices[what]!;
      this.#keep(
        withSteps(draft, draft.steps.toSpliced(where, 0, step)),
        l10n.t('{0} is step {1} now', words, where + 1),
      );
    };
    return html`<div class="row" role="group" aria-label=${l10n.t('Put a step in')}>
      <label
        >${l10n.t('Put')}
        <select id="what" aria-label=${l10n.t('Step to put in')}>
          ${choices.map(([words], i) => html`<option value=${i}>${words}</option>`)}
        </select>
      </label>
      <label
        >${l10n.t('where')}
        <select id="where" aria-label=${l10n.t('Where to put it in')}>
          <option value="0">${l10n.t('at the beginning')}</option>
          ${draft.steps.map(
            (step, i) =>
              html`<option value=${i + 1} ?selected=${i === draft.steps.length - 1}>
                ${l10n.t('after {0}. {1}', i + 1, stepWords(step, names))}
              </option>`,
          )}
        </select>
      </label>
      <vscode-button secondary icon="add" @click=${putIn}>${l10n.t('Put in')}</vscode-button>
    </div>`;
  }

  #keep(chain: ChainDraft, said: string): void {
    this.said = said;
    signal(this, 'keep', { chain });
  }

  /** The keyboard stays with the step that it moved. */
  #focusLater(place: number, button: string): void {
    void this.updateComplete.then(() => {
      const row = this.renderRoot.querySelectorAll('tbody tr')[place];
      row?.querySelector<HTMLElement>(`button.${button}`)?.focus();
    });
  }

  static override styles = [sharedStyles, tableStyles, chainStyles];
}

function outcome(fit: StepFit): TemplateResult | string {
  switch (fit.kind) {
    case 'fits':
      return fit.output.map((size) => size ?? '?').join('×');
    case 'misfit':
      return html`<span class="misfit"
        ><vscode-icon name="warning" aria-hidden="true"></vscode-icon> ${fit.reason}</span
      >`;
    case 'open':
      return '…';
  }
}

customElements.define('lipschitz-chain', ChainTab);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-chain': ChainTab;
  }
}
