import { commands, l10n, window, workspace, type QuickPickItem } from 'vscode';
import type { WeightChange } from '../core/inspection/what-if-request.ts';
import type { Inspection } from '../core/report/inspection.ts';
import { whatIfText, withKnown } from '../core/report/what-if.ts';
import { withCancelButton } from './cancellable.ts';
import { Owner } from './disposable.ts';
import { chooseModel, fileOf } from './inspect-command.ts';
import type { InspectionStore } from './inspection-store.ts';
import { baseName, command } from './names.ts';
import type { Panels } from './panels.ts';
import type { Questions } from './questions.ts';
import { saveAs } from './save-as.ts';
import { requestFor } from './settings.ts';
import { changedName, finishedOf } from './what-ifs.ts';
import type { Worker } from './worker.ts';

/**
 * "Lipschitz: What If…": the norm of layers limited, or one layer rescaled; the interval and the outputs before and after, and the changed
 * model to be saved.
 */
export class WhatIfCommand extends Owner {
  readonly #store: InspectionStore;
  readonly #panels: Panels;
  readonly #questions: Questions;
  readonly #worker: Worker;

  constructor(store: InspectionStore, panels: Panels, questions: Questions, worker: Worker) {
    super();
    this.#store = store;
    this.#panels = panels;
    this.#questions = questions;
    this.#worker = worker;
    this.track(commands.registerCommand(command.whatIf, (given?: unknown) => this.#ask(fileOf(given))));
  }

  async #ask(given: string | undefined): Promise<void> {
    const file = given ?? this.#panels.current ?? (await chooseModel());
    if (file === undefined) return;
    const change = await chooseChange(file, this.#store.find(file)?.inspection);
    if (change === undefined) return;
    const request = { inspection: requestFor(file, this.#questions.of(file)), changes: [change] };
    const title = l10n.t('What if: {0}', baseName(file));
    const answer = await withCancelButton(title, (signal) => this.#worker.whatIf(request, signal));
    if ('err' in answer) {
      if (answer.err.kind !== 'cancelled') void window.showErrorMessage(answer.err.message);
      return;
    }
    const { model } = answer.ok;
    const report = withKnown(answer.ok.report, finishedOf(this.#store, file));
    const document = await workspace.openTextDocument({ content: `${whatIfText(report)}\n`, language: 'plaintext' });
    await window.showTextDocument(document, { preview: true });
    if (report.layers.length > 0) await offerToSave(file, model);
  }
}

async function offerToSave(file: string, model: Uint8Array): Promise<void> {
  const save = l10n.t('Save Changed Model…');
  const said = l10n.t('{0} itself is as it was. The changed model can be saved beside it.', baseName(file));
  if ((await window.showInformationMessage(said, save)) !== save) return;
  await saveAs({ name: changedName(file), format: 'onnx', content: model, title: l10n.t('Save the changed model') });
}

/** An entry of the list: a layer, or all of them, and what is to become of it. */
interface Choice extends QuickPickItem {
  readonly id: string;
  readonly kindOfChange: WeightChange['kind'];
}

async function chooseChange(file: string, inspection: Inspection | undefined): Promise<WeightChange | undefined> {
  const layers = (inspection?.layers ?? []).filter(({ parameters }) => parameters > 0);
  const choices: Choice[] = [
    { label: l10n.t('Limit the l2 norm of every layer'), id: '', kindOfChange: 'spectral' },
    ...layers.map(({ id, name }): Choice => ({ label: l10n.t('Limit {0}', name), id, kindOfChange: 'spectral' })),
    ...layers.map(({ id, name }): Choice => ({ label: l10n.t('Rescale {0}', name), id, kindOfChange: 'rescale' })),
  ];
  const chosen = await window.showQuickPick(choices, {
    title: l10n.t('What if: {0}', baseName(file)),
    placeHolder: l10n.t('What becomes of the weights; biases stay'),
  });
  if (chosen === undefined) return undefined;
  const rescales = chosen.kindOfChange === 'rescale';
  const number = await askNumber(rescales ? l10n.t('Factor of the weights') : l10n.t('Largest l2 norm'));
  if (number === undefined) return undefined;
  if (rescales) return { kind: 'rescale', layer: chosen.id, factor: number };
  return { kind: 'spectral', limit: number, ...(chosen.id === '' ? {} : { layers: chosen.id }) };
}

async function askNumber(prompt: string): Promise<number | undefined> {
  const text = await window.showInputBox({
    prompt,
    value: '1',
    validateInput: (typed) =>
      Number(typed) > 0 && Number.isFinite(Number(typed)) ? undefined : l10n.t('A number above 0 is expected.'),
  });
  return text === undefined ? undefined : Number(text);
}
