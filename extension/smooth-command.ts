import { commands } from 'vscode';
import { Owner } from './disposable.ts';
import { chooseModel, fileOf } from './inspect-command.ts';
import { command } from './names.ts';
import type { Panels } from './panels.ts';

/** "Lipschitz: Smooth Network": the Smoothing tab of the model in front, or of one that is chosen. */
export class SmoothCommand extends Owner {
  readonly #panels: Panels;

  constructor(panels: Panels) {
    super();
    this.#panels = panels;
    this.track(commands.registerCommand(command.smooth, (given?: unknown) => this.#show(fileOf(given))));
  }

  async #show(given: string | undefined): Promise<void> {
    const file = given ?? this.#panels.current ?? (await chooseModel());
    if (file !== undefined) await this.#panels.showTab(file, 'smoothing');
  }
}
