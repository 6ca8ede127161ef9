import { l10n } from 'vscode';
import type { Chain } from '../core/network/layer-chain.ts';
import { Owner, Signal } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import type { Questions } from './questions.ts';

/** How the layers of weights without a graph follow one another, as the user says it: part of the question about the model. */
export class Chains extends Owner {
  /** A chain that cannot be inspected, and why. */
  readonly refusals = this.track(new Signal<{ readonly file: string; readonly message: string }>());
  readonly #store: InspectionStore;
  readonly #questions: Questions;

  constructor(store: InspectionStore, questions: Questions) {
    super();
    this.#store = store;
    this.#questions = questions;
  }

  /** What cannot be composed leaves the question as it was, and the panel with the layers to mend it with. */
  async compose(file: string, chain: Chain): Promise<void> {
    const before = this.#questions.of(file);
    await this.#questions.change(file, { ...before, chain: { ...chain, by: l10n.t('the Chain tab') } });
    const state = await this.#store.inspect(file);
    if (state.kind !== 'failed' || state.inspection !== undefined) return;
    await this.#questions.change(file, before);
    await this.#store.inspect(file);
    this.refusals.emit({ file, message: state.message });
  }

  async forget(file: string): Promise<void> {
    const { chain, ...question } = this.#questions.of(file);
    if (chain === undefined) return;
    await this.#questions.change(file, question);
    await this.#store.inspect(file);
  }
}
