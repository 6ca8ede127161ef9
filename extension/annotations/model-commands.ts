import { commands } from 'vscode';
import type { Tab } from '../../webview/kept.ts';
import { Owner } from '../disposable.ts';
import { chooseModel, fileOf } from '../inspect-command.ts';
import { command } from '../names.ts';
import type { Panels } from '../panels.ts';

/** From a class to its network in the panel: the numbers, or how its layers make them up. */
export class ModelCommands extends Owner {
  readonly #panels: Panels;

  constructor(panels: Panels) {
    super();
    this.#panels = panels;
    this.track(commands.registerCommand(command.showModel, (given?: unknown) => this.#show(given, 'network')));
    this.track(commands.registerCommand(command.showCoupling, (given?: unknown) => this.#show(given, 'coupling')));
  }

  async #show(given: unknown, tab: Tab): Promise<void> {
    const file = fileOf(given) ?? this.#panels.current ?? (await chooseModel());
    if (file !== undefined) await this.#panels.showTabBeside(file, tab);
  }
}
