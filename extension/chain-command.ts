import { commands, l10n, window } from 'vscode';
import { Owner } from './disposable.ts';
import { chooseModel, fileOf } from './inspect-command.ts';
import type { InspectionStore } from './inspection-store.ts';
import { baseName, command } from './names.ts';
import type { Panels } from './panels.ts';

/** "Lipschitz: Chain Layers of Weights": the Chain tab of the model in front, or of one that is chosen. */
export class ChainCommand extends Owner {
  readonly #panels: Panels;
  readonly #store: InspectionStore;

  constructor(panels: Panels, store: InspectionStore) {
    super();
    this.#panels = panels;
    this.#store = store;
    this.track(commands.registerCommand(command.showChain, (given?: unknown) => this.#show(fileOf(given))));
  }

  async #show(given: string | undefined): Promise<void> {
    const file = given ?? this.#panels.current ?? (await chooseModel());
    if (file === undefined) return;
    await this.#panels.showTab(file, 'chain');
    const inspection = this.#store.find(file)?.inspection;
    if (inspection !== undefined && inspection.chain === undefined)
      void window.showInformationMessage(
        l10n.t('{0} has a graph of its own: nothing has to be supposed of the order of its layers.', baseName(file)),
      );
  }
}
