import { l10n } from 'vscode';
import type { WeightChange } from '../core/inspection/what-if-request.ts';
import type { Inspection } from '../core/report/inspection.ts';
import { Owner } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import { ModelWhatIf, type WeightChanger } from './model-what-if.ts';
import type { Questions } from './questions.ts';
import { saveAs } from './save-as.ts';
import { requestFor } from './settings.ts';

/** Suggested beside the model. */
export const changedName = (file: string): string => file.replace(/\.onnx$/i, '-changed.onnx');

/** What is known about the bytes that the file has, asked as it would be asked now: another question begins the inspection anew. */
export function finishedOf(store: InspectionStore, file: string): Inspection | undefined {
  const state = store.find(file)?.state;
  return state?.kind === 'finished' ? state.inspection : undefined;
}

/** Changes of weights that panels try, one per model file; forgotten when the file is read anew. */
export class WhatIfs extends Owner {
  readonly #changer: WeightChanger;
  readonly #questions: Questions;
  readonly #store: InspectionStore;
  readonly #models = new Map<string, ModelWhatIf>();

  constructor(changer: WeightChanger, questions: Questions, store: InspectionStore) {
    super();
    this.#changer = changer;
    this.#questions = questions;
    this.#store = store;
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
    const request = { inspection: requestFor(file, this.#questions.of(file)), changes };
    await this.of(file).try(request, finishedOf(this.#store, file));
  }

  async save(file: string): Promise<void> {
    const content = this.of(file).model;
    if (content !== undefined)
      await saveAs({ name: changedName(file), format: 'onnx', content, title: l10n.t('Save the changed model') });
  }
}
