import { LitElement, css, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { LipschitzMap } from '../../core/report/map.ts';
import { colouredValues, pointValues } from '../../core/report/map-cell.ts';
import { markdownTable, tsv } from '../../core/report/layer-table.ts';
import type { ColourScale, MapColour } from '../../core/report/picture/colour-scale.ts';
import { copyButtons } from '../copy-buttons.ts';
import { drawing } from '../drawing.ts';
import { pictureLinks } from '../picture-links.ts';
import { sharedStyles } from '../styles.ts';
import { binsOf, histogram, histogramCells } from './histogram.ts';

const bins = 24;
/** While tiles stream in: nobody reads a histogram that changes with every frame, and the page has other things to do. */
const pauseMs = 250;

export const colourWords = { upper: 'upper end', lower: 'lower end', width: 'upper end over lower end' } as const;

/** How the cells, and the data points, are spread over the scale. */
export class MapDistribution extends LitElement {
  static override properties = {
    map: { attribute: false },
    colour: { attribute: false },
    scale: { attribute: false },
  };
  declare map: LipschitzMap;
  declare colour: MapColour;
  declare scale: ColourScale;
  #drawnAt = Number.NEGATIVE_INFINITY;

  protected override async scheduleUpdate(): Promise<void> {
    const { rows, columns } = this.map.grid;
    const wait = this.map.done < rows * columns ? this.#drawnAt + pauseMs - performance.now() : 0;
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    this.#drawnAt = performance.now();
    await super.scheduleUpdate();
  }

  override render(): TemplateResult {
    const { map, colour } = this;
    return html`${this.#histogram('Cells', colouredValues(map, colour))}
    ${map.points === null ? nothing : this.#histogram('Data points', pointValues(map, map.points, colour))}`;
  }

  #histogram(what: 'Cells' | 'Data points', values: Float64Array): TemplateResult | typeof nothing {
    const { colour, scale } = this;
    const counted = binsOf(values, scale, bins);
    const rows = histogramCells(counted, what.toLowerCase());
    if (rows.length === 0) return nothing;
    const drawn = histogram(counted, `Histogram of the ${what.toLowerCase()} by ${colourWords[colour]}`, 320);
    return html`<figure>
      <figcaption class="faint">${what} by ${colourWords[colour]}</figcaption>
      ${drawing(drawn)} ${pictureLinks(`histogram of the ${what.toLowerCase()}`, drawn)}
      ${copyButtons(
        `histogram of the ${what.toLowerCase()}`,
        () => tsv(rows),
        () => markdownTable(rows),
      )}
    </figure>`;
  }

  static override styles = [
    sharedStyles,
    css`
      figure {
        margin: 0;
      }
      figcaption {
        margin: 12px 0 4px;
      }
    `,
  ];
}

customElements.define('lipschitz-map-distribution', MapDistribution);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-map-distribution': MapDistribution;
  }
}
