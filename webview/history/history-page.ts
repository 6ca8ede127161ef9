import { LitElement, css, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { trainingPicture } from '../../core/report/picture/training-picture.ts';
import { historyFormats } from '../../core/report/training/files.ts';
import type { TrainingHistory } from '../../core/report/training/history.ts';
import { historyRows, historySentences, place, tellingLayers } from '../../core/report/training/words.ts';
import { copyLinks } from '../copy-buttons.ts';
import { drawing } from '../drawing.ts';
import { pngOf } from '../picture-png.ts';
import { saveLinks } from '../save-links.ts';
import { sharedStyles } from '../styles.ts';
import { tableStyles } from '../table-styles.ts';
import { WidthOf } from '../width-of.ts';
import type { FromHistory, HistoryState } from './contract.ts';
import { l10n } from '../l10n.ts';

/** Wide enough for the names beside the lines. */
const narrowest = 360;

/** The history of one training: its norms as lines, its network as a band, its checkpoints as a table. */
export class HistoryPage extends LitElement {
  static override properties = {
    state: { attribute: false },
    tell: { attribute: false },
    width: { state: true },
    selected: { state: true },
  };
  declare state: HistoryState | undefined;
  declare tell: (message: FromHistory) => void;
  declare width: number;
  /** The layer whose line is drawn bold. */
  declare selected: string | undefined;

  constructor() {
    super();
    this.width = 0;
    this.addController(new WidthOf(this, (width) => (this.width = Math.min(width - 32, 1000))));
  }

  override render(): TemplateResult | typeof nothing {
    const { state } = this;
    if (state === undefined) return nothing;
    const { history } = state;
    return html`<main>
      <h1>${history?.folder ?? l10n.t('Checkpoint history')}</h1>
      ${this.#status(state)} ${history === undefined ? nothing : this.#shown(history)}
    </main>`;
  }

  #status(state: HistoryState): TemplateResult {
    const again = html`<vscode-button secondary icon="refresh" @click=${() => this.tell({ kind: 'read' })}
      >${l10n.t('Read again')}</vscode-button
    >`;
    switch (state.kind) {
      case 'reading':
        return html`<div class="row">
          <p role="status">${state.activity}</p>
          <vscode-button secondary icon="debug-stop" @click=${() => this.tell({ kind: 'cancel' })}
            >${l10n.t('Cancel')}</vscode-button
          >
        </div>`;
      case 'watching':
        return html`<p class="faint" role="status">
          ${l10n.t('Watching the folder: new checkpoints appear as training writes them.')}
        </p>`;
      case 'stopped':
        return html`<div class="row">
          <p role="status">${l10n.t('Stopped. What was read stands.')}</p>
          ${again}
        </div>`;
      case 'failed':
        return html`<div class="row">
          <p role="alert">${state.message}</p>
          ${again}
        </div>`;
    }
  }

  #shown(history: TrainingHistory): TemplateResult {
    const layers = tellingLayers(history);
    const drawn = this.width <= 0 ? '' : trainingPicture(history, Math.max(narrowest, this.width), this.selected);
    const rows = historyRows(history);
    return html`
      <div class="sentences">${historySentences(history).map((sentence) => html`<p>${sentence}</p>`)}</div>
      ${
        layers.length === 0
          ? nothing
          : html`<label class="pick"
              >${l10n.t('Bold line')}
              <select
                .value=${this.selected ?? ''}
                @change=${(event: Event) => {
                  const { value } = event.target as HTMLSelectElement;
                  this.selected = value === '' ? undefined : value;
                }}
              >
                <option value="">${l10n.t('none')}</option>
                ${layers.map(({ name }) => html`<option value=${name}>${name}</option>`)}
              </select>
            </label>`
      }
      ${drawn === '' ? nothing : html`<figure @click=${this.#pick}>${drawing(drawn)}</figure>`} ${this.#table(history)}
      ${
        history.notes.length === 0
          ? nothing
          : html`<ul class="faint" aria-label=${l10n.t('Notes')}>
              ${history.notes.map((note) => html`<li>${note}</li>`)}
            </ul>`
      }
      <div class="row" role="group" aria-label=${l10n.t('Export the history')}>
        ${this.#compareEnds(history)}
        ${saveLinks(l10n.t('history'), [...historyFormats, 'png' as const], (format) => void this.#export(format, drawn))}
        ${copyLinks(
          l10n.t('history'),
          () => [rows],
          (text) => this.tell({ kind: 'copy', text }),
        )}
      </div>
    `;
  }

  /** A click on a line is a shortcut for the list above. */
  readonly #pick = (event: Event): void => {
    const line = (event.target as Element).closest('[data-layer]');
    if (line !== null) this.selected = line.getAttribute('data-layer') ?? undefined;
  };

  #compareEnds({ checkpoints }: TrainingHistory): TemplateResult | typeof nothing {
    const read = checkpoints.filter(({ state }) => state === 'read');
    const [first, last] = [read.at(0), read.at(-1)];
    if (first === undefined || last === undefined || first === last) return nothing;
    return html`<button
      class="link"
      @click=${() => this.tell({ kind: 'compare', before: first.file, after: last.file })}
    >
      ${l10n.t('Compare {0} with {1}', place(first), place(last))}
    </button>`;
  }

  #table(history: TrainingHistory): TemplateResult | typeof nothing {
    const rows = historyRows(history);
    if (rows.length === 0) return nothing;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${l10n.t('Checkpoints')}>
      <table>
        <thead>
          <tr>
            ${rows[0]!.map(([column]) => html`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row, at) =>
              html`<tr>
                ${row.map(([column, text], place) => (column === 'file' ? html`<td>${this.#opens(history.checkpoints[at]!.file)}</td>` : place === 0 ? html`<th scope="row" class="number">${text}</th>` : html`<td class=${place > 1 && history.checkpoints[at]!.state === 'read' ? 'number' : ''}>${text}</td>`))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  readonly #opens = (file: string): TemplateResult =>
    html`<button
      class="link"
      title=${l10n.t('Open in the inspector')}
      @click=${() => this.tell({ kind: 'open', file })}
    >
      ${file}
    </button>`;

  async #export(format: (typeof historyFormats)[number] | 'png', drawn: string): Promise<void> {
    if (format !== 'png') {
      this.tell({ kind: 'export', format });
      return;
    }
    const picture = await pngOf(drawn, this);
    if (picture !== undefined) this.tell({ kind: 'export', format, picture });
  }

  static override styles = [
    sharedStyles,
    tableStyles,
    css`
      main {
        max-width: 1280px;
        margin: 0 auto;
        padding: 12px 16px 24px;
      }
      .sentences {
        max-width: 84ch;
        margin: 10px 0;
        line-height: 1.5;
      }
      .pick {
        display: flex;
        gap: 8px;
        align-items: center;
        color: var(--lipschitz-faint);
      }
      select {
        height: 26px;
        border: 1px solid var(--vscode-dropdown-border, var(--lipschitz-grid));
        background: var(--vscode-dropdown-background, var(--vscode-editor-background));
        color: var(--vscode-dropdown-foreground, var(--vscode-foreground));
        font: inherit;
      }
      figure {
        overflow-x: auto;
      }
      figure [data-layer] {
        cursor: pointer;
      }
      .row {
        margin-top: 8px;
      }
    `,
  ];
}

customElements.define('lipschitz-history', HistoryPage);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-history': HistoryPage;
  }
}
