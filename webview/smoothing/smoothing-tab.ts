import { LitElement, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { smoothingAnswer, type SmoothingAnswer } from '../../core/estimators/smoothing/answer.ts';
import { budgetRules, smoothingRuleNames } from '../../core/estimators/smoothing/rules/index.ts';
import { smoothingVariants } from '../../core/operators/smoothings/smoothing.ts';
import { digits } from '../../core/report/digits.ts';
import type { Inspection, LayerEntry } from '../../core/report/inspection.ts';
import type { SmoothingFormat } from '../../core/report/render-smoothing.ts';
import { smoothedLayerCells } from '../../core/report/smoothing-table.ts';
import { checkedWords, dataWords, parameterWords, promise, reservations } from '../../core/report/smoothing-words.ts';
import type { SmoothingReport } from '../../core/report/smoothing.ts';
import { copyButtons } from '../copy-buttons.ts';
import { mapStyles } from '../map/map-styles.ts';
import { signal } from '../signals.ts';
import { computing } from '../states/computing.ts';
import { sharedStyles } from '../styles.ts';
import { kinkOf } from './kink-of.ts';
import { radiiFields } from './radii-fields.ts';
import { smoothingFigures, type AnswerAt } from './smoothing-figures.ts';
import { reportOf, type SmoothingChoice, type SmoothingState } from './smoothing-state.ts';
import { smoothingStyles } from './smoothing-styles.ts';
import { smoothingTable } from './smoothing-table.ts';
import { l10n } from '../l10n.ts';

/** Powers of ten that the slider reaches. */
const powers = { from: -6, to: 1 };
const curveSteps = 28;

/** The Smoothing tab: how far the network may move, how that is split over its layers, and how smooth it is then. */
export class SmoothingTab extends LitElement {
  static override properties = {
    inspection: { attribute: false },
    state: { attribute: false },
    choice: { attribute: false },
    queued: { attribute: false },
    selected: { attribute: false },
  };
  declare inspection: Inspection;
  declare state: SmoothingState;
  declare choice: SmoothingChoice;
  /** True while an inspection runs: one computation at a time, each with all cores. */
  declare queued: boolean;
  /** In the whole panel and the code: its row is marked, its curves and its kink are shown. */
  declare selected: LayerEntry['id'] | undefined;
  #curve:
    | (Pick<SmoothingChoice, 'rule' | 'choices'> & {
        readonly problem: SmoothingReport['problem'];
        readonly points: readonly AnswerAt[];
      })
    | undefined;

  override render(): TemplateResult {
    const report = reportOf(this.state);
    return html`
      <div class="controls" role="group" aria-label=${l10n.t('How the network is smoothed')}>
        ${this.#epsilon()} ${this.#rule()} ${this.#variant()}
        ${
          this.state.kind === 'running'
            ? html`<vscode-button
                secondary
                icon="debug-stop"
                @click=${() => signal(this, 'to-host', { kind: 'cancel-smoothing' })}
                >${l10n.t('Cancel')}</vscode-button
              >`
            : html`<vscode-button icon="play" @click=${() => this.#smooth(this.choice)}
                >${report === undefined ? l10n.t('Smooth') : l10n.t('Check on points')}</vscode-button
              >`
        }
      </div>
      ${this.#progress()} ${report === undefined ? this.#empty() : this.#shown(report)}
    `;
  }

  #epsilon(): TemplateResult {
    const { epsilon } = this.choice;
    const set = (event: Event): void => {
      const power = (event.target as HTMLInputElement).valueAsNumber;
      this.#change({ epsilon: Number((10 ** power).toPrecision(3)) });
    };
    return html`<label class="slider"
      >${l10n.t('Allowed deviation ε = {0}', digits(epsilon, 'nearest'))}
      <input
        type="range"
        min=${powers.from}
        max=${powers.to}
        step="0.01"
        aria-valuetext=${l10n.t('epsilon {0}', digits(epsilon, 'nearest'))}
        .value=${String(Math.log10(epsilon))}
        @input=${set}
      />
    </label>`;
  }

  #rule(): TemplateResult {
    const { rule } = this.choice;
    return html`<label title=${budgetRules[rule].words}
      >${l10n.t('Rule')}
      <select
        .value=${rule}
        @change=${(event: Event) => {
          const found = smoothingRuleNames.find((name) => name === (event.target as HTMLSelectElement).value);
          if (found !== undefined) this.#change({ rule: found });
        }}
      >
        ${smoothingRuleNames.map((name) => html`<option value=${name} ?selected=${name === rule}>${name}</option>`)}
      </select>
    </label>`;
  }

  /** Another variant has other constants, which the worker knows. */
  #variant(): TemplateResult {
    const { variant } = this.choice;
    return html`<label
      >${l10n.t('Variant')}
      <select
        .value=${variant}
        @change=${(event: Event) => {
          const found = smoothingVariants.find((name) => name === (event.target as HTMLSelectElement).value);
          if (found === undefined) return;
          this.#change({ variant: found });
          if (this.state.kind !== 'none') this.#smooth({ ...this.choice, variant: found });
        }}
      >
        ${smoothingVariants.map((name) => html`<option value=${name} ?selected=${name === variant}>${name}</option>`)}
      </select>
    </label>`;
  }

  #change(change: Partial<SmoothingChoice>): void {
    signal(this, 'keep', { smoothing: { ...this.choice, ...change } });
  }

  #smooth(choice: SmoothingChoice): void {
    signal(this, 'to-host', { kind: 'smooth', choice });
  }

  #progress(): TemplateResult | typeof nothing {
    const words = { what: l10n.t('the smoothing'), stopped: l10n.t('Stopped. The bounds that were found stand.') };
    return computing(this.state, { queued: this.queued, ...words });
  }

  #empty(): TemplateResult | typeof nothing {
    return this.state.kind === 'none'
      ? html`<p class="empty faint">
          ${l10n.t('Kinks such as those of ReLU make gradients jump. Smoothing rounds them so little that the output moves by at most ε, and tells how smooth the network is then. Choose ε and smooth the network.')}
        </p>`
      : nothing;
  }

  #answerAt(report: SmoothingReport, epsilon: number): SmoothingAnswer {
    const { rule, choices } = this.choice;
    const chosen = Object.keys(choices).length === 0 ? {} : { choices: new Map(Object.entries(choices)) };
    return smoothingAnswer(report.problem, { epsilon, rule, ...chosen });
  }

  /** The same wherever the slider stands. */
  #curveOf(report: SmoothingReport): readonly AnswerAt[] {
    const { rule, choices } = this.choice;
    const known = this.#curve;
    if (known?.problem === report.problem && known.rule === rule && known.choices === choices) return known.points;
    const points = Array.from({ length: curveSteps + 1 }, (_, k) => {
      const epsilon = 10 ** (powers.from + ((powers.to - powers.from) * k) / curveSteps);
      return { epsilon, answer: this.#answerAt(report, epsilon) };
    });
    this.#curve = { problem: report.problem, rule, choices, points };
    return points;
  }

  #shown(report: SmoothingReport): TemplateResult {
    const { epsilon, rule } = this.choice;
    const answer = this.#answerAt(report, epsilon);
    const checked = checkedWords(report);
    const ofWeights = budgetRules[rule].constants === 'radii' ? parameterWords(report.problem, answer) : undefined;
    const layers = answer.layers.map((layer, t) => ({ ...report.layers[t], ...layer }));
    const rows = layers.map(smoothedLayerCells);
    const bent = layers.flatMap(({ id }, t) => (report.problem.layers[t]!.accuracy > 0 ? [id] : []));
    const kink = kinkOf(this.selected, this.inspection.layers, new Set(bent));
    const select = (selected: LayerEntry['id']): void => signal(this, 'keep', { selected });
    return html`
      <p class="promise" role="status">${unbroken(promise(answer, epsilon, report.region))}</p>
      <p class="faint">${l10n.t('Split by the rule {0}: {1}.', rule, budgetRules[rule].words)}</p>
      ${checked === undefined ? nothing : html`<p>${unbroken(checked)}</p>`}
      ${ofWeights === undefined ? nothing : html`<p class="faint">${unbroken(ofWeights)}</p>`}
      ${budgetRules[rule].constants === 'radii' ? this.#radii(report) : nothing}
      ${reservations(report, answer, { epsilon, rule }).map((words) => html`<p class="objection">${words}</p>`)}
      ${smoothingTable({
        layers,
        problem: report.problem,
        choices: this.choice.choices,
        marked: new Set([kink, this.selected].flatMap((id) => id ?? [])),
        select,
        change: (id, choice) => this.#change({ choices: { ...this.choice.choices, [id]: choice } }),
        reveal: (layer) => signal(this, 'to-host', { kind: 'reveal', layer }),
      })}
      ${smoothingFigures({
        report,
        here: { epsilon, answer },
        curve: this.#curveOf(report),
        chosen: kink,
        choose: select,
      })}
      ${this.#data(report)}
      <div class="row" role="group" aria-label=${l10n.t('Export the smoothing')}>
        <span class="faint">${l10n.t('Save')}</span>
        <button class="link" @click=${() => this.#export('onnx')}>${l10n.t('the smoothed model as ONNX')}</button>
        <button class="link" @click=${() => this.#export('html')}>${l10n.t('the report as HTML')}</button>
        <button class="link" @click=${() => this.#export('md')}>${l10n.t('as Markdown')}</button>
        <button class="link" @click=${() => this.#export('json')}>${l10n.t('as JSON')}</button>
        ${copyButtons(l10n.t('budget'), () => [rows])}
      </div>
    `;
  }

  /** What the paper's rules rest on. The worker knows which constants other radii lead to. */
  #radii({ problem }: SmoothingReport): TemplateResult {
    return radiiFields({
      parameters: problem.parameters,
      areOfFile: this.choice.radii === undefined,
      change: (radii) => {
        this.#change({ radii });
        this.#smooth({ ...this.choice, radii });
      },
      leave: () => {
        const { epsilon, rule, variant, choices } = this.choice;
        const smoothing = { epsilon, rule, variant, choices };
        signal(this, 'keep', { smoothing });
        this.#smooth(smoothing);
      },
    });
  }

  #data({ data }: SmoothingReport): TemplateResult {
    const say = (kind: 'choose-smoothing-data' | 'leave-smoothing-data'): void =>
      signal(this, 'to-host', { kind, choice: this.choice });
    return html`<div class="row" role="group" aria-label=${l10n.t('Data')}>
      <span class="faint"
        >${data === undefined ? l10n.t('Accuracy and loss for ε from 1e-6 to 10') : dataWords(data)}</span
      >
      <button class="link" @click=${() => say('choose-smoothing-data')}>
        ${data === undefined ? l10n.t('Compare on data…') : l10n.t('Other data…')}
      </button>
      ${
        data === undefined
          ? nothing
          : html`<button class="link" @click=${() => say('leave-smoothing-data')}>${l10n.t('Without data')}</button>`
      }
    </div>`;
  }

  #export(format: 'onnx' | SmoothingFormat): void {
    signal(this, 'to-host', { kind: 'export-smoothing', format, choice: this.choice });
  }

  static override styles = [sharedStyles, mapStyles, smoothingStyles];
}

/** A number such as 1.29e-11 is not torn apart at its sign where a line ends. */
const unbroken = (text: string): readonly (string | TemplateResult)[] =>
  text.split(/(\S*\de-\d\S*)/).map((part, k) => (k % 2 === 1 ? html`<span class="whole">${part}</span>` : part));

customElements.define('lipschitz-smoothing', SmoothingTab);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-smoothing': SmoothingTab;
  }
}
