import { l10n } from 'vscode';
import type { WeightChange } from '../core/inspection/what-if-request.ts';
import { Owner } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import { ModelWhatIf, type WeightChanger } from './model-what-if.ts';
import type { Questions } from './questions.ts';
import { saveAs } from './save-as.ts';
import { requestFor } from './settings.ts';

/** Suggested beside the model. */
export const changedName = (file: string): string => file.replace(/\.onnx$/i, '-changed.onnx');

/** Changes of weights that panels try, one per model file; forgotten when the file is read anew. */
export class WhatIfs extends Owner {
  readonly #changer: WeightChanger;
  readonly #questions: Questions;
  readonly #models = new Map<string, ModelWhatIf>();

  constructor(changer: WeightChanger, questions: Questions, store: InspectionStore) {
    super();
    this.#changer = changer;
    this.#questions = questions;
    this.track({ dispose: () => this.#models.forEach((model) => model.dispose()) });
    this.track(
      store.changes.listen(({ model, change }) => {
        if (change.kind === 'state' && change.state.kind === 'loading') this.#models.get(model.file)?.forget();
      }),
    );
  }

  of(file: string): ModelWhatIf {
    const known = this.#models.get(file);
    if (known !== undefined) return known;
    const model = new ModelWhatIf(this.#changer, (message) =>
      l10n.t('Lipschitz Inspector made a mistake of its own: {0}', message),
    );
    this.#models.set(file, model);
    return model;
  }

  async try(file: string, changes: readonly WeightChange[]): Promise<void> {
    await this.of(file).try({ inspection: requestFor(file, this.#questions.of(file)), changes });
  }

  async save(file: string): Promise<void> {
    const content = this.of(file).model;
    if (content !== undefined)
      await saveAs({ name: changedName(file), format: 'onnx', content, title: l10n.t('Save the changed model') });
  }
}
