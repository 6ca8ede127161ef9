import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { SmoothingAnswer } from '../../core/estimators/smoothing/answer.ts';
import { digits } from '../../core/report/digits.ts';
import type { TableCell } from '../../core/report/layer-table.ts';
import { againstEpsilon } from '../../core/report/picture/against-epsilon.ts';
import { kinkPicture, kinkWords } from '../../core/report/picture/kink.ts';
import { accuracyCaption, dataFigures, smoothnessCaption } from '../../core/report/smoothing-figures.ts';
import { dataCells } from '../../core/report/smoothing-table.ts';
import type { SmoothingReport } from '../../core/report/smoothing.ts';
import { drawing } from '../drawing.ts';
import { pictureLinks } from '../picture-links.ts';
import { l10n } from '../l10n.ts';

const size = { width: 320, height: 160 };

/** An answer of the closed forms for every accuracy of the curves. */
export interface AnswerAt {
  readonly epsilon: number;
  readonly answer: SmoothingAnswer;
}

export interface SmoothingFigures {
  readonly report: SmoothingReport;
  readonly here: AnswerAt;
  readonly curve: readonly AnswerAt[];
  /** The layer whose curves stand out. */
  readonly chosen: string | undefined;
  readonly choose: (layer: string) => void;
}

/** What the numbers look like: L and mu against epsilon, a kink before and after, the data. */
export function smoothingFigures(figures: SmoothingFigures): TemplateResult {
  const { report, here, curve } = figures;
  const at = layerOf(figures);
  const name = at < 0 ? '' : here.answer.layers[at]!.name;
  const smoothness = againstEpsilon({
    ...size,
    lines: [
      { ink: 'strong', points: curve.map(({ epsilon, answer }) => ({ epsilon, value: answer.output.smoothness })) },
    ],
    here: { epsilon: here.epsilon, value: here.answer.output.smoothness },
    scale: 'powers',
    title: l10n.t('{0}, both on scales of powers', smoothnessCaption),
  });
  return html`<div class="figures">
      <figure>
        <figcaption class="faint">${smoothnessCaption}</figcaption>
        ${saved(l10n.t('smoothness against epsilon'), smoothness)}
      </figure>
      ${
        at < 0
          ? nothing
          : html`<figure>
                <figcaption class="faint">${l10n.t('{0}; {1} stands out', accuracyCaption, name)}</figcaption>
                ${saved(l10n.t('accuracies against epsilon'), accuraciesPicture(figures, at))}
              </figure>
              ${kinkFigure(figures, at)}`
      }
      ${dataFigures(report, size).map(({ svg, caption }) =>
        svg === ''
          ? nothing
          : html`<figure>
              <figcaption class="faint">${caption}</figcaption>
              ${saved(caption, svg)}
            </figure>`,
      )}
    </div>
    ${table(l10n.t('The curves as a table'), curveRows(curve, at))}
    ${table(l10n.t('The data as a table'), dataCells(report))}`;
}

const saved = (what: string, svg: string): TemplateResult => html`${drawing(svg)} ${pictureLinks(what, () => svg)}`;

function accuraciesPicture({ report, here, curve }: SmoothingFigures, at: number): string {
  const kinks = here.answer.layers.map((_, t) => t).filter((t) => report.problem.layers[t]!.accuracy > 0);
  return againstEpsilon({
    ...size,
    lines: kinks
      .toSorted((a, b) => Number(a === at) - Number(b === at))
      .map((t) => ({
        ink: t === at ? ('strong' as const) : ('faint' as const),
        points: curve.map(({ epsilon, answer }) => ({ epsilon, value: answer.layers[t]!.mu })),
      })),
    here: { epsilon: here.epsilon, value: here.answer.layers[at]!.mu },
    scale: 'powers',
    title: l10n.t('{0}, on scales of powers', accuracyCaption),
  });
}

/** The chosen layer, or the first one with a kink. */
function layerOf({ report, here, chosen }: SmoothingFigures): number {
  const bends = (t: number): boolean => report.problem.layers[t]!.accuracy > 0;
  const found = here.answer.layers.findIndex(({ id }, t) => id === chosen && bends(t));
  return found >= 0 ? found : here.answer.layers.findIndex((_, t) => bends(t));
}

/** Small multiples: a picture for every kink of the layer. */
function kinkFigure({ report, here, choose }: SmoothingFigures, at: number): TemplateResult {
  const { width } = here.answer.layers[at]!;
  const profiles = report.problem.layers[at]!.profiles ?? [];
  const options = here.answer.layers.filter((_, t) => report.problem.layers[t]!.accuracy > 0);
  return html`<figure>
    <figcaption class="faint">
      <label
        >${l10n.t('Before (dashed) and after')}
        <select @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
          ${options.map(({ id, name }) => html`<option value=${id} ?selected=${id === here.answer.layers[at]!.id}>${name}</option>`)}
        </select>
      </label>
    </figcaption>
    ${profiles.map((profile) => saved(l10n.t('kink'), kinkPicture(profile, width, profiles.length > 1 ? 158 : size.width, size.height)))}
    <span class="unseen"
      >${l10n.t('{0}: width {1}', profiles.map(kinkWords).join(', '), digits(width, 'nearest'))}</span
    >
  </figure>`;
}

const curveRows = (curve: readonly AnswerAt[], at: number): readonly (readonly TableCell[])[] =>
  curve.map(({ epsilon, answer }) => {
    const layer = answer.layers[at];
    const { smoothness } = answer.output;
    return [
      ['ε', digits(epsilon, 'nearest')],
      ['L', smoothness === null ? '∞' : digits(smoothness, 'up')],
      ...(layer === undefined ? [] : [[l10n.t('μ of {0}', layer.name), digits(layer.mu, 'up')] as const]),
    ];
  });

function table(title: string, rows: readonly (readonly TableCell[])[]): TemplateResult | typeof nothing {
  const head = rows.at(0);
  if (head === undefined) return nothing;
  return html`<details>
    <summary>${title}</summary>
    <div class="scroll" tabindex="0" role="region" aria-label=${title}>
      <table>
        <thead>
          <tr>
            ${head.map(([column]) => html`<th scope="col" class="number">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                ${row.map(([, text]) => html`<td class="number">${text}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
