import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { ParameterRadius } from '../../core/estimators/smoothing/problem.ts';

export interface RadiiFields {
  readonly parameters: readonly ParameterRadius[];
  /** The Frobenius norms of the weights in the file. */
  readonly areOfFile: boolean;
  readonly change: (radii: readonly number[]) => void;
  readonly leave: () => void;
}

/** The radii within which the weights of every layer may lie, one field per layer. */
export const radiiFields = ({ parameters, areOfFile, change, leave }: RadiiFields): TemplateResult => html`
  <div class="radii" role="group" aria-label="Radii of the parameters">
    <span class="faint">Radii of the weights${areOfFile ? ', the Frobenius norms of the file' : ''}</span>
    ${parameters.map(
      ({ name, radius }, k) =>
        html`<label
          >${name}
          <input
            type="number"
            min="0"
            step="any"
            aria-label="Radius of ${name}"
            .value=${String(Number(radius.toPrecision(6)))}
            @change=${(event: Event) => {
              const { valueAsNumber } = event.target as HTMLInputElement;
              if (valueAsNumber >= 0) change(parameters.map((own, at) => (at === k ? valueAsNumber : own.radius)));
            }}
          />
        </label>`,
    )}
    ${areOfFile ? nothing : html`<button class="link" @click=${leave}>Those of the file</button>`}
  </div>
`;
