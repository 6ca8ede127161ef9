import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { LayerChoice } from '../../core/estimators/smoothing/answer.ts';
import type { SmoothingProblem } from '../../core/estimators/smoothing/problem.ts';
import { digits, percent } from '../../core/report/digits.ts';
import { layerPlace } from '../../core/report/layer-table.ts';
import type { SmoothedLayer } from '../../core/report/smoothing.ts';
import { drawing } from '../drawing.ts';
import { budgetBar } from './budget-bar.ts';
import { rowsOnScreen } from '../rows-on-screen.ts';
import { l10n } from '../l10n.ts';

export interface SmoothingTable {
  /** As the closed forms answer now. */
  readonly layers: readonly SmoothedLayer[];
  readonly problem: SmoothingProblem;
  readonly choices: Readonly<Record<string, LayerChoice>>;
  /** The selected layer, and the one with kinks that it leads into. */
  readonly marked: ReadonlySet<string>;
  readonly select: (id: string) => void;
  readonly change: (id: string, choice: LayerChoice) => void;
  readonly reveal: (id: string) => void;
}

/** The budget: a row for every layer that is not linear, its bar against the whole. */
export const smoothingTable = ({
  layers,
  problem,
  choices,
  marked,
  select,
  change,
  reveal,
}: SmoothingTable): TemplateResult => {
  const bounded = layers.some(({ bound }) => bound !== null);
  return html`
    <div class="scroll">
      <table>
        <caption class="unseen">
          ${l10n.t('How the allowed deviation is split over the layers')}
        </caption>
        <thead>
          <tr>
            <th scope="col">${l10n.t('Layer')}</th>
            <th scope="col" class="number">μ</th>
            <th scope="col">${l10n.t('Share of ε')}</th>
            <th scope="col" class="number">${l10n.t('Share of L')}</th>
            ${bounded ? html`<th scope="col" class="number" title=${l10n.t('No output of the layer is longer, on the region')}>m</th>` : nothing}
            <th
              scope="col"
              class="number"
              title=${l10n.t('The Lipschitz constant of what leaves the layer, by the input')}
            >
              l
            </th>
            <th
              scope="col"
              class="number"
              title=${l10n.t('How fast the gradient of what leaves the layer changes at most')}
            >
              L
            </th>
            <th scope="col">${l10n.t('Weight')}</th>
            <th scope="col">${l10n.t('Lock')}</th>
          </tr>
        </thead>
        <tbody>
          ${rowsOnScreen(layers, (layer, t) => {
            const choice = choices[layer.id] ?? {};
            const bends = problem.layers[t]!.accuracy > 0;
            const place = layerPlace(layer);
            return html`<tr aria-current=${marked.has(layer.id) ? 'true' : nothing}>
              <th scope="row">
                <button class="link" title=${l10n.t('Select this layer in every tab')} @click=${() => select(layer.id)}>
                  ${layer.name}
                </button>
                <span class="faint">${layer.op}</span>
                ${
                  place === ''
                    ? nothing
                    : html`<button
                        class="link"
                        title=${l10n.t('Go to the line of code')}
                        @click=${() => reveal(layer.id)}
                      >
                        ${place}
                      </button>`
                }
              </th>
              <td class="number">${bends ? digits(layer.mu, 'up') : l10n.t('smooth already')}</td>
              <td>
                ${
                  bends
                    ? html`<span class="bar">${drawing(budgetBar(layer.share))}</span> ${percent(layer.share)}`
                    : nothing
                }
              </td>
              <td class="number">${percent(layer.bending)}</td>
              ${bounded ? html`<td class="number">${atMost(layer.bound)}</td>` : nothing}
              <td class="number">${atMost(layer.lipschitz)}</td>
              <td class="number">${atMost(layer.smoothness)}</td>
              <td>
                ${
                  bends
                    ? html`<input
                        type="number"
                        min="0.001"
                        step="any"
                        aria-label=${l10n.t('Weight of {0}', layer.name)}
                        .value=${String(choice.weight ?? 1)}
                        @change=${(event: Event) => {
                          const { valueAsNumber } = event.target as HTMLInputElement;
                          if (valueAsNumber > 0) change(layer.id, { ...choice, weight: valueAsNumber });
                        }}
                      />`
                    : nothing
                }
              </td>
              <td>
                ${
                  bends
                    ? html`<input
                        type="checkbox"
                        aria-label=${l10n.t('Lock {0} at its accuracy', layer.name)}
                        .checked=${choice.locked !== undefined}
                        @change=${(event: Event) => {
                          const lock = (event.target as HTMLInputElement).checked;
                          change(layer.id, lock ? { ...choice, locked: layer.mu } : unlocked(choice));
                        }}
                      />`
                    : nothing
                }
              </td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
  `;
};

const atMost = (value: number | null): string => (value === null ? '∞' : digits(value, 'up'));

const unlocked = ({ weight }: LayerChoice): LayerChoice => (weight === undefined ? {} : { weight });
