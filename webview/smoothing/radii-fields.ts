import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { ParameterRadius } from '../../core/estimators/smoothing/problem.ts';
import { l10n } from '../l10n.ts';

export interface RadiiFields {
  readonly parameters: readonly ParameterRadius[];
  /** The Frobenius norms of the weights in the file. */
  readonly areOfFile: boolean;
  readonly change: (radii: readonly number[]) => void;
  readonly leave: () => void;
}

/** The radii within which the weights of every layer may lie, one field per layer. */
export const radiiFields = ({ parameters, areOfFile, change, leave }: RadiiFields): TemplateResult => html`
  <div class="radii" role="group" aria-label=${l10n.t('Radii of the parameters')}>
    <span class="faint"
      >${areOfFile ? l10n.t('Radii of the weights, the Frobenius norms of the file') : l10n.t('Radii of the weights')}</span
    >
    ${parameters.map(
      ({ name, radius }, k) =>
        html`<label
          >${name}
          <input
            type="number"
            min="0"
            step="any"
            aria-label=${l10n.t('Radius of {0}', name)}
            .value=${String(Number(radius.toPrecision(6)))}
            @change=${(event: Event) => {
              const { valueAsNumber } = event.target as HTMLInputElement;
              if (valueAsNumber >= 0) change(parameters.map((own, at) => (at === k ? valueAsNumber : own.radius)));
            }}
          />
        </label>`,
    )}
    ${areOfFile ? nothing : html`<button class="link" @click=${leave}>${l10n.t('Those of the file')}</button>`}
  </div>
`;
