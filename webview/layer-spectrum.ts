import { css, html, nothing } from 'lit';
import type { CSSResult, TemplateResult } from 'lit';
import { count, digits } from '../core/report/digits.ts';
import { binWords, spectrumHistogram } from '../core/report/picture/spectrum-histogram.ts';
import type { SpectrumAnswer, SpectrumView } from '../core/report/spectrum-view.ts';
import { mark } from '../core/report/words.ts';
import { drawing } from './drawing.ts';
import { pictureLinks } from './picture-links.ts';

const shownValues = 8;

/** The part of a layer's detail that is computed when it is asked for. */
export function layerSpectrumPart(spectrum: SpectrumAnswer | 'asked' | undefined, ask: () => void): TemplateResult {
  if (spectrum === undefined)
    return html`<p>
      <button class="link" @click=${ask}>Show singular values and patterns</button>
    </p>`;
  if (spectrum === 'asked') return html`<p class="faint" role="status">Computing the singular values…</p>`;
  if (spectrum.kind === 'failed')
    return html`<p role="status">${spectrum.message} <button class="link" @click=${ask}>Try again</button></p>`;
  return shown(spectrum.view);
}

function shown(view: SpectrumView): TemplateResult {
  const { leading, histogram, everySize, patterns } = view;
  const spectrum = spectrumHistogram(view, 300, 90);
  const values = leading.slice(0, shownValues).map((value) => digits(value, 'nearest'));
  const evidence = `${mark[histogram.rigor]} ${histogram.rigor}`;
  return html`<div class="spectrum" role="group" aria-label="Singular values">
    <p>
      ${count(view.count)} singular values, the largest ${values.join(', ')}${leading.length > shownValues ? ', …' : ''}
      <span class="faint">${mark.numerical} numerical</span>
    </p>
    ${drawing(spectrum)} ${pictureLinks('singular values', spectrum)}
    <details>
      <summary>The histogram as a table <span class="faint">${evidence}; heights on the scale of roots</span></summary>
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
            At no input size and with no zero padding is its l2 norm above ${digits(everySize.upper, 'up')}
            <span class="faint">${mark.certified} certified</span>
          </p>`
    }
    ${patterns.map(drawing)}
  </div>`;
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
  .spectrum td {
    padding: 0 8px 0 0;
    font-variant-numeric: tabular-nums;
  }
`;
