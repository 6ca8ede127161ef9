import { l10n, window } from 'vscode';
import { Owner } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import type { ModelInspection } from './model-inspection.ts';
import { baseName } from './names.ts';

/** One message when the process that computes has died; other failures only where no panel says them already. */
export class FailureMessages extends Owner {
  readonly #store: InspectionStore;

  constructor(store: InspectionStore) {
    super();
    this.#store = store;
    this.track(
      store.changes.listen(({ model, change }) => {
        if (change.kind === 'state' && change.state.kind === 'failed') void this.#say(model, change.state);
      }),
    );
  }

  async #say(
    model: ModelInspection,
    { message, action }: { message: string; action: 'retry' | 'restart' },
  ): Promise<void> {
    if (action === 'retry' && this.#store.isVisible(model)) return;
    const again = action === 'restart' ? l10n.t('Restart') : l10n.t('Try Again');
    const text = message.includes(baseName(model.file)) ? message : `${baseName(model.file)}: ${message}`;
    if ((await window.showErrorMessage(text, again)) === again) await this.#store.inspect(model.file);
  }
}
