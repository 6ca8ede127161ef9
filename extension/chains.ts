import { l10n, workspace } from 'vscode';
import type { Chain } from '../core/network/layer-chain.ts';
import type { CodeLinks } from './code-links.ts';
import { Owner, Signal } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import type { ModelInspection } from './model-inspection.ts';
import type { Questions } from './questions.ts';
import { chainFromCode } from '../core/source/chain-from-code.ts';

/** How the layers of weights without a graph follow one another, as the user says it: part of the question about the model. */
export class Chains extends Owner {
  /** A chain that cannot be inspected, and why. */
  readonly refusals = this.track(new Signal<{ readonly file: string; readonly message: string }>());
  readonly #store: InspectionStore;
  readonly #questions: Questions;
  readonly #code: CodeLinks;

  constructor(store: InspectionStore, questions: Questions, code: CodeLinks) {
    super();
    this.#code = code;
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

  /** What the code that defines the layers says of their order; undefined where no code is linked, or nothing has to be guessed. */
  async fromSource({
    file,
    inspection,
  }: ModelInspection): Promise<{ readonly file: string; readonly chain: Chain } | undefined> {
    if (inspection?.chain?.state !== 'proposed') return undefined;
    const code = await this.#code.codeOfMost(file, inspection);
    if (code === undefined) return undefined;
    const name = workspace.asRelativePath(code.uri, false);
    const chain = chainFromCode(code.owners, code.links, inspection.chain.layers, name);
    return chain && { file: name, chain };
  }

  async forget(file: string): Promise<void> {
    const { chain, ...question } = this.#questions.of(file);
    if (chain === undefined) return;
    await this.#questions.change(file, question);
    await this.#store.inspect(file);
  }
}
