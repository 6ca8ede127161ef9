import { l10n, type LogOutputChannel } from 'vscode';
import type { InspectionRequest } from '../core/inspection/request.ts';
import type { Inspection } from '../core/report/inspection.ts';
import type { PanelState } from '../webview/contract.ts';
import { Owner, Signal } from './disposable.ts';
import type { Finished, FinishedInspections, InspectionAge } from './finished-inspections.ts';
import { ModelInspection, type Change, type Inspector, type Sentences } from './model-inspection.ts';
import { baseName } from './names.ts';
import type { Questions } from './questions.ts';
import { requestFor } from './settings.ts';

/** What every part of the extension shares: one ModelInspection per file. */
export class InspectionStore extends Owner {
  /** Any change of any model. */
  readonly changes = this.track(new Signal<{ readonly model: ModelInspection; readonly change: Change }>());
  /** A model came into view, or the last view of it went. */
  readonly visibility = this.track(new Signal<ModelInspection>());
  readonly #models = new Map<string, ModelInspection>();
  readonly #inspector: Inspector;
  readonly #finished: FinishedInspections;
  readonly #questions: Questions;
  readonly #output: LogOutputChannel;
  /** How many visible views each model has. */
  readonly #views = new Map<ModelInspection, number>();

  constructor(inspector: Inspector, finished: FinishedInspections, questions: Questions, output: LogOutputChannel) {
    super();
    this.#inspector = inspector;
    this.#finished = finished;
    this.#questions = questions;
    this.#output = output;
    this.track({ dispose: () => this.#models.forEach((model) => model.dispose()) });
  }

  get models(): readonly ModelInspection[] {
    return [...this.#models.values()];
  }

  find(file: string): ModelInspection | undefined {
    return this.#models.get(file);
  }

  of(file: string): ModelInspection {
    const known = this.#models.get(file);
    if (known !== undefined) return known;
    const model = new ModelInspection(file, this.#inspector, sentences());
    this.#models.set(file, model);
    model.changes.listen((change) => this.changes.emit({ model, change }));
    return model;
  }

  /** For a view that has just opened: shows what is known of the file as it is, else inspects it. */
  async open(file: string): Promise<ModelInspection> {
    const model = this.of(file);
    if (model.isRunning || model.inspection !== undefined) return model;
    const known = await this.#finished.current(requestFor(file, this.#questions.of(file)));
    if (known === undefined) void this.inspect(file);
    else model.restore(known);
    return model;
  }

  /** What is known of a file, in this window or from earlier ones, without starting anything; `undefined` when nobody has inspected it. */
  async stateOf(file: string): Promise<PanelState | undefined> {
    const model = this.find(file);
    if (model !== undefined && (model.isRunning || model.inspection !== undefined || model.state.kind === 'failed'))
      return model.state;
    const earlier = await this.#finished.of(file);
    if (earlier === undefined) return undefined;
    const { inspection, isCurrent } = earlier;
    return { kind: isCurrent ? 'finished' : 'stale', file: baseName(file), inspection };
  }

  async inspect(file: string): Promise<PanelState> {
    const request = requestFor(file, this.#questions.of(file));
    const state = await this.of(file).run(request);
    if (state.kind === 'finished') await this.#keep(request, state.inspection);
    return state;
  }

  /** What was found without a panel, by a check of budgets: where nothing is known of the file, the code beside it speaks of this. */
  async adopt(request: InspectionRequest, inspection: Inspection): Promise<void> {
    if ((await this.stateOf(request.file)) === undefined) await this.#keep(request, inspection);
  }

  #keep(request: InspectionRequest, inspection: Inspection): Promise<void> {
    return this.#finished.remember(request, inspection).catch((error: unknown) => {
      // Only convenience is lost: the next window computes again.
      this.#output.warn(l10n.t('The inspection of {0} could not be kept: {1}', baseName(request.file), String(error)));
    });
  }

  /** Everything a hover may speak of: what this window has inspected, and what earlier ones have. */
  async known(): Promise<readonly Pick<Finished, 'file' | 'inspection'>[]> {
    const here = this.models.flatMap(({ file, inspection }) =>
      inspection === undefined ? [] : [{ file, inspection }],
    );
    const earlier = (await this.#finished.all()).filter(({ file }) => here.every((one) => one.file !== file));
    return [...here, ...earlier];
  }

  /** When the model was inspected last, and whether the file is still the same. */
  async ageOf(file: string): Promise<InspectionAge> {
    const age = await this.#finished.of(file);
    const isStale = this.find(file)?.state.kind === 'stale';
    return { at: age?.at, isCurrent: !isStale && age?.isCurrent !== false };
  }

  /** Resolves when the model is no longer running. */
  settled(model: ModelInspection): Promise<void> {
    return new Promise((resolve) => {
      if (!model.isRunning) {
        resolve();
        return;
      }
      const listening = model.changes.listen(() => {
        if (model.isRunning) return;
        listening.dispose();
        resolve();
      });
    });
  }

  isVisible(model: ModelInspection): boolean {
    return (this.#views.get(model) ?? 0) > 0;
  }

  /** A panel tells that it can be seen, or no longer. */
  viewed(model: ModelInspection, change: 1 | -1): void {
    this.#views.set(model, (this.#views.get(model) ?? 0) + change);
    this.visibility.emit(model);
  }
}

const sentences = (): Sentences => ({
  opening: l10n.t('Opening the model'),
  internal: (message) => l10n.t('Lipschitz Inspector made a mistake of its own: {0}', message),
  deleted: (file) => l10n.t('{0} is no longer there; what was found before stays visible.', file),
});
