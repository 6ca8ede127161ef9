import { css, html, nothing } from 'lit';
import type { CSSResult, TemplateResult } from 'lit';
import { count, digits } from '../core/report/digits.ts';
import { binWords, spectrumHistogram } from '../core/report/picture/spectrum-histogram.ts';
import type { TableCell } from '../core/report/layer-table.ts';
import type { SpectrumAnswer, SpectrumView } from '../core/report/spectrum-view.ts';
import { mark } from '../core/report/words.ts';
import { copyButtons } from './copy-buttons.ts';
import { drawing } from './drawing.ts';
import { pictureLinks } from './picture-links.ts';
import { rowsOnScreen } from './rows-on-screen.ts';
import { l10n } from './l10n.ts';

const shownValues = 8;
/** The two patterns: what a layer stretches most, and what comes out of it. */
const sides = [l10n.t('input pattern'), l10n.t('output pattern')];

/** The part of a layer's detail that is computed when it is asked for. */
export function layerSpectrumPart(spectrum: SpectrumAnswer | 'asked' | undefined, ask: () => void): TemplateResult {
  if (spectrum === undefined)
    return html`<p>
      <button class="link" @click=${ask}>${l10n.t('Show singular values and patterns')}</button>
    </p>`;
  if (spectrum === 'asked') return html`<p class="faint" role="status">${l10n.t('Computing the singular values…')}</p>`;
  if (spectrum.kind === 'failed')
    return html`<p role="status">
      ${spectrum.message} <button class="link" @click=${ask}>${l10n.t('Try again')}</button>
    </p>`;
  return shown(spectrum.view);
}

function shown(view: SpectrumView): TemplateResult {
  const { leading, histogram, everySize, patterns } = view;
  const spectrum = spectrumHistogram(view, 300, 90);
  const values = [
    ...leading.slice(0, shownValues).map((value) => digits(value, 'nearest')),
    ...(leading.length > shownValues ? ['…'] : []),
  ];
  const evidence = `${mark[histogram.rigor]} ${histogram.rigor}`;
  return html`<div class="spectrum" role="group" aria-label=${l10n.t('Singular values')}>
    <p>
      ${l10n.t('{0} singular values, the largest {1}', count(view.count), values.join(', '))}
      <span class="faint">${l10n.t('{0} numerical', mark.numerical)}</span>
    </p>
    ${drawing(spectrum)} ${pictureLinks(l10n.t('singular values'), () => spectrum)}
    <details>
      <summary>
        ${l10n.t('The histogram as a table')}
        <span class="faint">${l10n.t('{0}; heights on the scale of roots', evidence)}</span>
      </summary>
      <table>
        <tbody>
          ${histogram.counts.map(
            (own, bin) =>
              html`<tr>
                <td>${binWords(histogram.edges[bin]!, histogram.edges[bin + 1]!, own, histogram.rigor)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </details>
    ${
      everySize === undefined
        ? nothing
        : html`<p>
            ${l10n.t('At no input size and with no zero padding is its l2 norm above {0}', digits(everySize.upper, 'up'))}
            <span class="faint">${l10n.t('{0} certified', mark.certified)}</span>
          </p>`
    }
    ${patterns.map(({ picture, cells }, side) => html`${drawing(picture)} ${pictureLinks(sides[side] ?? '', () => picture)} ${patternTable(cells, sides[side] ?? '')}`)}
  </div>`;
}

function patternTable(cells: readonly (readonly TableCell[])[], what: string): TemplateResult {
  return html`<details>
    <summary>${l10n.t('The {0} as a table', what)}</summary>
    <div class="scroll" tabindex="0" role="region" aria-label=${l10n.t('Table of the {0}', what)}>
      <table>
        <thead>
          <tr>
            ${cells[0]?.map(([column]) => html`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rowsOnScreen(
            cells,
            (row) =>
              html`<tr>
                ${row.map(([, text]) => html`<td>${text}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${copyButtons(what, () => [cells])}
  </details>`;
}

export const spectrumStyles: CSSResult = css`
  .spectrum {
    display: grid;
    gap: 8px;
  }
  .spectrum svg {
    max-width: 100%;
    height: auto;
  }
  .spectrum .scroll {
    max-height: 40vh;
    overflow: auto;
  }
  .spectrum th,
  .spectrum td {
    padding: 0 8px 0 0;
    font-variant-numeric: tabular-nums;
    font-weight: normal;
    text-align: start;
    white-space: nowrap;
  }
  .spectrum .scroll :is(th, td) {
    text-align: end;
  }
  .spectrum th {
    color: var(--lipschitz-faint);
  }
`;
