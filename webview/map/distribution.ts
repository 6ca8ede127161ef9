import { LitElement, css, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { LipschitzMap } from '../../core/report/map.ts';
import { colouredValues, pointValues } from '../../core/report/map-cell.ts';
import type { ColourScale, MapColour } from '../../core/report/picture/colour-scale.ts';
import { copyButtons } from '../copy-buttons.ts';
import { drawing } from '../drawing.ts';
import { pictureLinks } from '../picture-links.ts';
import { sharedStyles } from '../styles.ts';
import { binsOf, histogram, histogramCells } from './histogram.ts';
import { l10n } from '../l10n.ts';

const bins = 24;
/** While tiles stream in: nobody reads a histogram that changes with every frame, and the page has other things to do. */
const pauseMs = 250;

export const colourWords = {
  upper: l10n.t('upper end'),
  lower: l10n.t('lower end'),
  width: l10n.t('upper end over lower end'),
} as const;

type Counted = 'cells' | 'points';

const countedWords = {
  cells: {
    title: (colour: string) => l10n.t('Histogram of the cells by {0}', colour),
    caption: (colour: string) => l10n.t('Cells by {0}', colour),
    name: l10n.t('histogram of the cells'),
  },
  points: {
    title: (colour: string) => l10n.t('Histogram of the data points by {0}', colour),
    caption: (colour: string) => l10n.t('Data points by {0}', colour),
    name: l10n.t('histogram of the data points'),
  },
} as const satisfies Record<Counted, unknown>;

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
    // A task of its own even without a pause: the frame that asks for it has drawn the map.
    await new Promise((done) => setTimeout(done, Math.max(0, wait)));
    this.#drawnAt = performance.now();
    await super.scheduleUpdate();
  }

  override render(): TemplateResult {
    const { map, colour } = this;
    return html`${this.#histogram('cells', colouredValues(map, colour))}
    ${map.points === null ? nothing : this.#histogram('points', pointValues(map, map.points, colour))}`;
  }

  #histogram(what: Counted, values: Float64Array): TemplateResult | typeof nothing {
    const { colour, scale } = this;
    const words = countedWords[what];
    const counted = binsOf(values, scale, bins);
    const rows = histogramCells(counted, what);
    if (rows.length === 0) return nothing;
    const drawn = histogram(counted, words.title(colourWords[colour]), 320);
    return html`<figure>
      <figcaption class="faint">${words.caption(colourWords[colour])}</figcaption>
      ${drawing(drawn)} ${pictureLinks(words.name, () => drawn)} ${copyButtons(words.name, () => [rows])}
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
