import { writeFile } from 'node:fs/promises';
import { Uri, commands, l10n, window } from 'vscode';
import { defaultSmoothingRequest, type SmoothingRequest } from '../core/inspection/smooth-request.ts';
import { renderSmoothing, type SmoothingFormat } from '../core/report/render-smoothing.ts';
import { reportOf, type SmoothingChoice } from '../webview/smoothing/smoothing-state.ts';
import { Owner } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import type { ModelInspection } from './model-inspection.ts';
import { ModelSmoothing, type Smoother } from './model-smoothing.ts';
import { baseName } from './names.ts';
import type { Questions } from './questions.ts';
import { requestFor } from './settings.ts';
import { chooseSmoothingData, type SmoothingData } from './smoothing-data.ts';

const formatNames: Readonly<Record<SmoothingFormat, string>> = { html: 'HTML', md: 'Markdown', json: 'JSON' };

/** One smoothing per model file, computed when the user asks for it. */
export class Smoothings extends Owner {
  readonly #smoother: Smoother;
  readonly #questions: Questions;
  readonly #smoothings = new Map<string, ModelSmoothing>();
  /** By model, as long as the window is open. */
  readonly #data = new Map<string, SmoothingData>();

  constructor(smoother: Smoother, questions: Questions, store: InspectionStore) {
    super();
    this.#smoother = smoother;
    this.#questions = questions;
    this.track({ dispose: () => this.#smoothings.forEach((smoothing) => smoothing.dispose()) });
    this.track(
      store.changes.listen(({ model, change }) => {
        if (change.kind === 'state') this.#compare(model);
      }),
    );
  }

  of(file: string): ModelSmoothing {
    const known = this.#smoothings.get(file);
    if (known !== undefined) return known;
    const smoothing = new ModelSmoothing(this.#smoother, (message) =>
      l10n.t('Lipschitz Inspector made a mistake of its own: {0}', message),
    );
    this.#smoothings.set(file, smoothing);
    return smoothing;
  }

  async smooth(file: string, choice: SmoothingChoice): Promise<void> {
    await this.of(file).smooth(this.#request(file, choice, 'left out'));
  }

  /** The paper's comparison, on data that the user names. */
  async compareOnData(file: string, choice: SmoothingChoice): Promise<void> {
    const chosen = await chooseSmoothingData(file);
    if (chosen === undefined) return;
    this.#data.set(file, chosen);
    await this.smooth(file, choice);
    // Data that do not fit are not asked for again.
    if (this.of(file).state.kind === 'failed') this.#data.delete(file);
  }

  async leaveData(file: string, choice: SmoothingChoice): Promise<void> {
    this.#data.delete(file);
    await this.smooth(file, choice);
  }

  cancelAll(): void {
    this.#smoothings.forEach((smoothing) => smoothing.cancel());
  }

  /** The smoothed network as a file of its own, checked against the original while it is written. */
  async exportModel(file: string, choice: SmoothingChoice): Promise<void> {
    const target = await window.showSaveDialog({
      defaultUri: Uri.file(`${file.replace(/\.\w+$/, '')}.smooth.onnx`),
      filters: { ONNX: ['onnx'] },
      title: l10n.t('Save the Smoothed Model'),
    });
    if (target === undefined) return;
    const { model } = await this.of(file).smooth(this.#request(file, choice, 'written'));
    if (model !== undefined) await written(target, model);
  }

  async exportReport(file: string, format: SmoothingFormat): Promise<void> {
    const report = reportOf(this.of(file).state);
    if (report === undefined) return;
    const target = await window.showSaveDialog({
      defaultUri: Uri.file(`${file.replace(/\.\w+$/, '')}.smooth.${format}`),
      filters: { [formatNames[format]]: [format] },
      title: l10n.t('Save the Smoothing Report'),
    });
    if (target !== undefined) await written(target, renderSmoothing(report, format));
  }

  /** The file has been written anew: numbers of its old bytes must not stand beside those of the new ones. */
  #compare({ file, inspection, state }: ModelInspection): void {
    const smoothing = this.#smoothings.get(file);
    const report = smoothing === undefined ? undefined : reportOf(smoothing.state);
    if (report === undefined) return;
    const other = inspection !== undefined && inspection.model.sha256 !== report.model.sha256;
    if (other || state.kind === 'stale') smoothing?.forget();
  }

  #request(file: string, choice: SmoothingChoice, model: SmoothingRequest['model']): SmoothingRequest {
    const { provider, threads, input, output, set, dims, region, budgetSeconds } = requestFor(
      file,
      this.#questions.of(file),
    );
    return {
      ...defaultSmoothingRequest(file, choice.epsilon),
      ...{ provider, threads, set, dims, region, budgetSeconds, model },
      ...(input === undefined ? {} : { input }),
      ...(output === undefined ? {} : { output }),
      ...this.#data.get(file),
      ...choice,
    };
  }
}

async function written(target: Uri, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(target.fsPath, content);
  } catch (error) {
    void window.showErrorMessage(l10n.t('{0} could not be written: {1}', target.fsPath, String(error)));
    return;
  }
  const open = l10n.t('Open');
  const said = l10n.t('The smoothed network was written to {0}.', baseName(target.fsPath));
  if ((await window.showInformationMessage(said, open)) === open) await commands.executeCommand('vscode.open', target);
}
