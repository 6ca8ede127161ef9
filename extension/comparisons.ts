import { statSync } from 'node:fs';
import { l10n } from 'vscode';
import type { InspectionRequest } from '../core/inspection/request.ts';
import { comparisonOf } from '../webview/compare/compare-state.ts';
import { renderComparison, type ComparisonFormat } from '../core/report/comparison/files.ts';
import { Owner } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import type { Inspector } from './model-inspection.ts';
import { ModelComparison } from './model-comparison.ts';
import type { Questions } from './questions.ts';
import { saveAs } from './save-as.ts';
import { requestFor } from './settings.ts';

/** One comparison per model file, made when the user asks for it and made anew when the model's own numbers change. */
export class Comparisons extends Owner {
  readonly #inspector: Inspector;
  readonly #questions: Questions;
  readonly #store: InspectionStore;
  readonly #comparisons = new Map<string, ModelComparison>();

  constructor(inspector: Inspector, questions: Questions, store: InspectionStore) {
    super();
    this.#inspector = inspector;
    this.#questions = questions;
    this.#store = store;
    this.track({ dispose: () => this.#comparisons.forEach((comparison) => comparison.dispose()) });
    this.track(
      store.changes.listen(({ model, change }) => {
        if (change.kind !== 'state') return;
        this.#comparisons.get(model.file)?.take(model.inspection);
        if (change.state.kind === 'finished') this.#follow(model.file);
      }),
    );
  }

  of(file: string): ModelComparison {
    const known = this.#comparisons.get(file);
    if (known !== undefined) return known;
    const comparison = new ModelComparison(this.#inspector, (message) =>
      l10n.t('Lipschitz Inspector made a mistake of its own: {0}', message),
    );
    comparison.take(this.#store.find(file)?.inspection);
    this.#comparisons.set(file, comparison);
    return comparison;
  }

  /** The file that was written first stands before the other. */
  async compare(file: string, other: string): Promise<void> {
    const written = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    await this.of(file).with(this.#request(file, other), written(other) <= written(file) ? 'before' : 'after');
  }

  /** A model has new numbers: as the other side of a comparison it is looked at again, as its own side when the question is another one. */
  #follow(changed: string): void {
    for (const [file, comparison] of this.#comparisons) {
      const asked = comparison.request;
      if (asked === undefined) continue;
      const request = this.#request(file, asked.file);
      const isOther = asked.file === changed;
      const otherQuestion = file === changed && JSON.stringify(asked) !== JSON.stringify(request);
      if (isOther || otherQuestion) void comparison.with(request);
    }
  }

  #request(file: string, other: string): InspectionRequest {
    return { ...requestFor(file, this.#questions.of(file)), file: other };
  }

  cancelAll(): void {
    this.#comparisons.forEach((comparison) => comparison.cancel());
  }

  async export(file: string, format: ComparisonFormat | 'png', picture?: Uint8Array): Promise<void> {
    const comparison = comparisonOf(this.of(file).state);
    if (comparison === undefined) return;
    const content = format === 'png' ? picture : renderComparison(comparison, format);
    const name = `${file.replace(/\.\w+$/, '')}.compared.${format}`;
    if (content !== undefined) await saveAs({ name, format, content, title: l10n.t('Save the Comparison') });
  }
}
