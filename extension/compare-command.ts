import { commands, l10n, type Uri } from 'vscode';
import type { Comparisons } from './comparisons.ts';
import { Owner } from './disposable.ts';
import { chooseModel, fileOf } from './inspect-command.ts';
import { command, isModelFile } from './names.ts';
import type { Panels } from './panels.ts';

/** "Lipschitz: Compare With…": of two models selected in the Explorer, or of the model in front and one that is chosen. */
export class CompareCommand extends Owner {
  readonly #panels: Panels;
  readonly #comparisons: Comparisons;

  constructor(panels: Panels, comparisons: Comparisons) {
    super();
    this.#panels = panels;
    this.#comparisons = comparisons;
    this.track(
      commands.registerCommand(command.compare, (given?: unknown, selected?: readonly Uri[]) =>
        this.#compare(fileOf(given), selected),
      ),
    );
  }

  async #compare(given: string | undefined, selected: readonly Uri[] | undefined): Promise<void> {
    const file = given ?? this.#panels.current ?? (await chooseModel());
    if (file === undefined) return;
    const chosen = selected?.map(fileOf).find((path) => path !== undefined && path !== file && isModelFile(path));
    const other = chosen ?? (await chooseModel(l10n.t('Model to compare with')));
    if (other === undefined) return;
    await this.#panels.showTab(file, 'compare');
    await this.#comparisons.compare(file, other);
  }
}
