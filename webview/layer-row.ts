import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Norm } from '../core/bound.ts';
import { digits, percent } from '../core/report/digits.ts';
import type { LayerEntry } from '../core/report/inspection.ts';
import { layerPlace, layerShapes, tierWords } from '../core/report/layer-table.ts';
import { intervalGlyph } from '../core/report/picture/interval-glyph.ts';
import type { LogScale } from '../core/report/picture/scale.ts';
import { shareBar } from '../core/report/picture/share-bar.ts';
import { misleadingKernelNorm } from '../core/report/sentences.ts';
import { evidenceWord, intervalMark, intervalNumbers, intervalWords, ofLayer } from '../core/report/words.ts';
import { drawing } from './drawing.ts';
import { signal } from './signals.ts';
import { l10n } from './l10n.ts';

/** What all rows have in common. */
export interface TableContext {
  readonly norm: Norm;
  readonly scale: LogScale;
  readonly largestShare: number;
  /** Of the columns that not every table has, those this one has. */
  readonly columns: ReadonlySet<'share' | 'kernel' | 'line'>;
}

export interface RowPlace {
  /** From 1, the heading being the first. */
  readonly index: number;
  readonly selection: 'selected' | 'other';
  readonly tabIndex: 0 | -1;
  /** Whether the row stood there before its value did, which then fades in. */
  readonly arrival: 'awaited' | 'at once';
}

/**
 * One layer. A click selects it and opens its detail; the line of code is a link of its own, which Tab reaches from the row that has
 * the keyboard. The roles are said because rows are laid out one by one, not as parts of a table: scrolling past a thousand depends on it.
 */
export const layerRow = (layer: LayerEntry, context: TableContext, place: RowPlace): TemplateResult => {
  const { columns } = context;
  const choose = (event: Event): void =>
    signal(event.currentTarget as EventTarget, 'keep', { selected: layer.id, detail: 'open' });
  return html`<tr
    role="row"
    data-id=${layer.id}
    class=${place.arrival === 'awaited' ? 'awaited' : nothing}
    aria-rowindex=${place.index}
    aria-current=${place.selection === 'selected' ? 'true' : nothing}
    tabindex=${place.tabIndex}
    @click=${choose}
  >
    <th role="rowheader" scope="row" class="name" title=${layer.id}>
      <span>${layer.name}</span><span class="second faint">${layer.kind} · ${layerShapes(layer)}</span>
    </th>
    <td role="cell" class="kind">${layer.kind}</td>
    <td role="cell" class="shape">${layerShapes(layer)}</td>
    ${normCells(layer, context)} ${columns.has('share') ? shareCell(layer, context) : nothing}
    ${columns.has('kernel') ? kernelCell(layer) : nothing}
    ${columns.has('line') ? html`<td role="cell" class="line">${line(layer, place)}</td>` : nothing}
  </tr>`;
};

function normCells(layer: LayerEntry, { norm, scale }: TableContext): TemplateResult {
  const known = layer.norms[norm];
  if (known === undefined)
    return html`<td role="cell" class="norm faint">…<span class="unseen">${l10n.t('not known yet')}</span></td>
      <td role="cell" class="evidence"></td>`;
  const shown = ofLayer(known);
  return html`<td role="cell" class="norm" title=${intervalWords(shown)}>
      <div class="known">
        ${drawing(intervalGlyph(shown, { scale, width: 84, height: 16, role: 'beside text' }))}
        <span>${intervalNumbers(shown)}</span>
      </div>
    </td>
    <td role="cell" class="evidence" title=${intervalWords(shown)}>
      <span aria-hidden="true">${intervalMark(shown)}</span> <span class="word">${evidenceWord(shown)}</span>
    </td>`;
}

function shareCell({ share }: LayerEntry, { largestShare }: TableContext): TemplateResult {
  if (share === null) return html`<td role="cell" class="share"></td>`;
  return html`<td role="cell" class="share">
    <div>${drawing(shareBar(share, largestShare, 40, 14))}<span>${percent(share)}</span></div>
  </td>`;
}

function kernelCell(layer: LayerEntry): TemplateResult {
  const value = misleadingKernelNorm(layer);
  if (value === undefined) return html`<td role="cell" class="kernel"></td>`;
  const why = l10n.t(
    'The norm of the kernel reshaped to a matrix, as spectral_norm uses it: not the norm of the convolution',
  );
  return html`<td role="cell" class="kernel" title=${why}>≠ ${digits(value, 'nearest')}</td>`;
}

function line(layer: LayerEntry, { tabIndex }: RowPlace): TemplateResult | typeof nothing {
  if (layer.source === undefined) return nothing;
  const reveal = (event: Event): void => {
    event.stopPropagation();
    signal(event.currentTarget as EventTarget, 'to-host', { kind: 'reveal', layer: layer.id });
  };
  const [file, number] = [layerPlace(layer).replace(/:\d+$/, ''), layer.source.line];
  const guess = layer.source.tier === 'guess' ? '≈' : '';
  return html`<button
    class="link"
    tabindex=${tabIndex}
    title="${file}:${number}, ${tierWords[layer.source.tier]}"
    @click=${reveal}
  >
    ${guess}<span class="file">${file}</span>:${number}
  </button>`;
}
