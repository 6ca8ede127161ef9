import { ProgressLocation, StatusBarAlignment, l10n, window } from 'vscode';
import { Owner } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import type { ModelInspection } from './model-inspection.ts';
import { baseName, command } from './names.ts';

/** What runs, in the status bar; and as a notification with a cancel button while no panel shows it. */
export class RunningStatus extends Owner {
  readonly #store: InspectionStore;
  readonly #item = this.track(window.createStatusBarItem('lipschitz.running', StatusBarAlignment.Left, 0));
  /** Ends the notification of a model. */
  readonly #notified = new Map<ModelInspection, () => void>();

  constructor(store: InspectionStore) {
    super();
    this.#store = store;
    this.#item.name = l10n.t('Lipschitz Inspector');
    this.track(store.changes.listen(({ model }) => this.#update(model)));
    this.track(store.visibility.listen((model) => this.#update(model)));
    this.track({ dispose: () => this.#notified.forEach((end) => end()) });
  }

  #update(model: ModelInspection): void {
    this.#updateItem();
    const hidden = model.isRunning && !this.#store.isVisible(model);
    if (hidden && !this.#notified.has(model)) this.#notify(model);
    if (!hidden) this.#notified.get(model)?.();
  }

  #updateItem(): void {
    const running = this.#store.models.filter((model) => model.isRunning);
    const [first] = running;
    if (first === undefined) {
      this.#item.hide();
      return;
    }
    const what = running.length === 1 ? baseName(first.file) : l10n.t('{0} models', running.length);
    this.#item.text = `$(loading~spin) ${l10n.t('Lipschitz: {0} {1}', what, percentOf(first))}`;
    this.#item.tooltip = l10n.t('Lipschitz Inspector computes: click to stop it. What was found stays.');
    this.#item.command = { command: command.cancel, title: l10n.t('Cancel') };
    this.#item.show();
  }

  #notify(model: ModelInspection): void {
    const title = l10n.t('Inspecting {0}', baseName(model.file));
    void window.withProgress(
      { location: ProgressLocation.Notification, cancellable: true, title },
      (progress, token) => {
        const cancellation = token.onCancellationRequested(() => model.cancel());
        let reported = 0;
        const listening = model.changes.listen(() => {
          const { state } = model;
          if (state.kind !== 'running') return;
          const percent = 100 * state.fraction;
          progress.report({ message: state.activity, increment: Math.max(0, percent - reported) });
          reported = Math.max(reported, percent);
        });
        return new Promise<void>((resolve) => {
          this.#notified.set(model, () => {
            this.#notified.delete(model);
            cancellation.dispose();
            listening.dispose();
            resolve();
          });
        });
      },
    );
  }
}

const percentOf = ({ state }: ModelInspection): string =>
  state.kind === 'running' ? `${Math.round(100 * state.fraction)} %` : '';
