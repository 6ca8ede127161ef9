import { css, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Inspection } from '../core/report/inspection.ts';
import { boundCells } from '../core/report/layer-table.ts';
import { history } from '../core/report/picture/history.ts';
import { networkBar } from '../core/report/picture/network-bar.ts';
import { summarySentence } from '../core/report/sentences.ts';
import {
  evidenceWord,
  intervalNumbers,
  intervalMark,
  intervalWords,
  normWord,
  ofNetwork,
  unquantisedMark,
} from '../core/report/words.ts';
import { copyButtons } from './copy-buttons.ts';
import { DrawnInTurn } from './drawn-in-turn.ts';
import { figure, figureStyles } from './figure.ts';
import { rowsOnScreen } from './rows-on-screen.ts';
import './layer-shares.ts';
import { signal } from './signals.ts';
import { sharedStyles } from './styles.ts';
import { l10n } from './l10n.ts';

/** The first screen: the interval, what it means in one sentence, where it comes from, how it was reached. */
export class LipschitzOverview extends DrawnInTurn {
  static override properties = {
    inspection: { attribute: false },
    selected: { attribute: false },
    width: { state: true },
  };
  declare inspection: Inspection | undefined;
  declare selected: string | undefined;
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

  /** After a frame the observer knows the width, and nothing has to be laid out for it: no picture is drawn for another. */
  protected override async awaitTurn(): Promise<void> {
    await super.awaitTurn();
    this.width ||= Math.floor(this.clientWidth);
  }

  override render(): TemplateResult | typeof nothing {
    const { inspection, width, selected } = this;
    if (inspection === undefined || width === 0) return nothing;
    const half = width >= 760 ? Math.floor((width - 24) / 2) : width;
    const ends = history(inspection, half);
    const bar = networkBar(inspection, half);
    return html`
      ${headline(inspection)} ${this.#chain(inspection)} ${notes(inspection)}
      <div class="figures">
        ${bar === '' ? nothing : figure(l10n.t('The {0} constant: every method a tick', normWord[inspection.norm]), bar, l10n.t('interval'))}
        ${ends === '' ? nothing : figure(l10n.t('Both ends against time'), ends, l10n.t('bounds against time'))}
      </div>
      <lipschitz-layer-shares .inspection=${inspection} .selected=${selected} .width=${width}></lipschitz-layer-shares>
      ${methods(inspection)}
    `;
  }

  /** Weights without a graph: where the order of the layers can be said. */
  #chain({ chain }: Inspection): TemplateResult | typeof nothing {
    if (chain === undefined) return nothing;
    return html`<p>
      <button class="link" @click=${() => signal(this, 'keep', { tab: 'chain' })}>
        ${chain.state === 'proposed' ? l10n.t('Say how the layers follow one another, and compose them') : l10n.t('Look at the chain that this rests on')}
      </button>
    </p>`;
  }

  static override styles = [
    sharedStyles,
    figureStyles,
    css`
      .headline {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
        align-items: baseline;
      }
      .headline strong {
        font-size: 2.3em;
        font-weight: 300;
        line-height: 1.25;
      }
      .summary {
        max-width: 72ch;
        font-size: 1.08em;
        line-height: 1.5;
        overflow-wrap: anywhere;
      }
      .remedy,
      .notes {
        max-width: 72ch;
        margin-top: 6px;
        overflow-wrap: anywhere;
      }
      .notes {
        padding-inline-start: 1.2em;
      }
      .remedy {
        padding-inline-start: 10px;
        border-inline-start: 3px dashed var(--lipschitz-line);
      }
      .figures {
        display: flex;
        flex-wrap: wrap;
        gap: 0 24px;
        align-items: start;
      }
      details {
        margin-top: 14px;
      }
      summary {
        cursor: pointer;
      }
      .scroll {
        overflow-x: auto;
        margin: 6px 0;
      }
      table {
        border-collapse: collapse;
      }
      th,
      td {
        padding: 2px 14px 2px 0;
        font-weight: normal;
        text-align: start;
        white-space: nowrap;
      }
      thead th {
        color: var(--lipschitz-faint);
      }
      td.number,
      th.number {
        text-align: end;
      }
    `,
  ];
}

function headline(inspection: Inspection): TemplateResult {
  const interval = inspection.lipschitz[inspection.norm];
  const exactly = inspection.region === 'all' ? nothing : l10n.t('Region: {0}', inspection.region);
  const sentence = summarySentence(inspection).replaceAll(' %', '\u00A0%');
  const summary = html`<p class="summary" title=${exactly}>${sentence}</p>`;
  if (interval === undefined) return summary;
  const shown = ofNetwork(interval);
  const { upper } = shown;
  const remedy = upper.kind === 'unbounded' && upper.remedy !== undefined ? upper.remedy : undefined;
  return html`
    <p class="headline" title=${intervalWords(shown)}>
      <strong>${intervalNumbers(shown)}</strong>
      <span>${intervalMark(shown)} ${evidenceWord(shown)}${unquantisedMark(inspection)}</span>
    </p>
    ${summary}
    ${
      remedy === undefined
        ? nothing
        : html`<p class="remedy">
            ${l10n.t('To get a finite bound: {0}.', remedy)}
            <button
              class="link"
              @click=${(event: Event) => signal(event.currentTarget as Element, 'to-host', { kind: 'ask' })}
            >
              ${l10n.t('Change question…')}
            </button>
          </p>`
    }
  `;
}

function notes({ notes: all, engine, unsupported, lipschitz, norm }: Inspection): TemplateResult | typeof nothing {
  const upper = lipschitz[norm]?.upper;
  // The one that the sentence above is about is not said twice.
  const said = upper?.value === null && 'unsupported' in upper ? upper.unsupported.node : undefined;
  const missing = unsupported
    .filter(({ node }) => node !== said)
    .map(({ node, op, reason }) => l10n.t('{0} at {1} is not understood: {2}.', op, node, reason));
  const sentences = [...missing, ...all, ...(engine.fallback === undefined ? [] : [engine.fallback])];
  if (sentences.length === 0) return nothing;
  return html`<ul class="notes faint" aria-label=${l10n.t('Notes')}>
    ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
  </ul>`;
}

/** The table twin of the two figures. */
function methods(inspection: Inspection): TemplateResult | typeof nothing {
  const rows = boundCells(inspection);
  const head = rows.at(0);
  if (head === undefined) return nothing;
  const kind = (column: string): string => (column === 'value' || column.startsWith('after') ? 'number' : '');
  return html`<details>
    <summary>${l10n.t('Every method and when ({0})', rows.length)}</summary>
    <div class="scroll" tabindex="0" role="region" aria-label=${l10n.t('Bounds by method')}>
      <table>
        <thead>
          <tr>
            ${head.map(([column]) => html`<th scope="col" class=${kind(column)}>${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rowsOnScreen(
            rows,
            (row) =>
              html`<tr>
                ${row.map(([column, text]) => html`<td class=${kind(column)}>${text}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${copyButtons(l10n.t('bounds'), () => [rows])}
  </details>`;
}

customElements.define('lipschitz-overview', LipschitzOverview);
