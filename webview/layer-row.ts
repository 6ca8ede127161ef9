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

export interface RowContext {
  readonly norm: Norm;
  readonly scale: LogScale;
  readonly largestShare: number;
  /** Of the columns that not every table has, those this one has. */
  readonly columns: ReadonlySet<'share' | 'kernel' | 'line'>;
  /** From 1, the heading being the first. */
  readonly index: number;
  readonly selection: 'selected' | 'other';
  readonly tabIndex: 0 | -1;
}

/** One layer. A click selects it and opens its detail; the line of code is a link of its own. */
export const layerRow = (layer: LayerEntry, context: RowContext): TemplateResult => {
  const { selection, columns } = context;
  const choose = (event: Event): void =>
    signal(event.currentTarget as EventTarget, 'keep', { selected: layer.id, detail: 'open' });
  return html`<tr
    data-id=${layer.id}
    aria-rowindex=${context.index}
    aria-current=${selection === 'selected' ? 'true' : nothing}
    tabindex=${context.tabIndex}
    @click=${choose}
  >
    <th scope="row" class="name" title=${layer.id}>
      <span>${layer.name}</span><span class="second faint">${layer.kind} · ${layerShapes(layer)}</span>
    </th>
    <td class="kind">${layer.kind}</td>
    <td class="shape">${layerShapes(layer)}</td>
    ${normCells(layer, context)} ${columns.has('share') ? shareCell(layer, context) : nothing}
    ${columns.has('kernel') ? kernelCell(layer) : nothing}
    ${columns.has('line') ? html`<td class="line">${line(layer)}</td>` : nothing}
  </tr>`;
};

function normCells(layer: LayerEntry, { norm, scale }: RowContext): TemplateResult {
  const known = layer.norms[norm];
  if (known === undefined)
    return html`<td class="norm faint">…<span class="unseen">not known yet</span></td>
      <td class="evidence"></td>`;
  const shown = ofLayer(known);
  return html`<td class="norm" title=${intervalWords(shown)}>
      <div class="known">
        ${drawing(intervalGlyph(shown, { scale, width: 84, height: 16, role: 'beside text' }))}
        <span>${intervalNumbers(shown)}</span>
      </div>
    </td>
    <td class="evidence" title=${intervalWords(shown)}>
      <span aria-hidden="true">${intervalMark(shown)}</span> <span class="word">${evidenceWord(shown)}</span>
    </td>`;
}

function shareCell({ share }: LayerEntry, { largestShare }: RowContext): TemplateResult {
  if (share === null) return html`<td class="share"></td>`;
  return html`<td class="share">
    <div>${drawing(shareBar(share, largestShare, 40, 14))}<span>${percent(share)}</span></div>
  </td>`;
}

function kernelCell(layer: LayerEntry): TemplateResult {
  const value = misleadingKernelNorm(layer);
  if (value === undefined) return html`<td class="kernel"></td>`;
  const why = 'The norm of the kernel reshaped to a matrix, as spectral_norm uses it: not the norm of the convolution';
  return html`<td class="kernel" title=${why}>≠ ${digits(value, 'nearest')}</td>`;
}

function line(layer: LayerEntry): TemplateResult | typeof nothing {
  if (layer.source === undefined) return nothing;
  const reveal = (event: Event): void => {
    event.stopPropagation();
    signal(event.currentTarget as EventTarget, 'to-host', { kind: 'reveal', layer: layer.id });
  };
  const [file, number] = [layerPlace(layer).replace(/:\d+$/, ''), layer.source.line];
  const guess = layer.source.tier === 'guess' ? '≈' : '';
  return html`<button class="link" title="${file}:${number}, ${tierWords[layer.source.tier]}" @click=${reveal}>
    ${guess}<span class="file">${file}</span>:${number}
  </button>`;
}
