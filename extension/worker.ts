import { l10n, workspace, type LogOutputChannel } from 'vscode';
import type { LayerQuestion } from '../core/inspection/layer-spectrum.ts';
import type { GrowthRequest } from '../core/inspection/noise-growth.ts';
import type { MapRequest } from '../core/inspection/map-request.ts';
import type { SmoothingRequest } from '../core/inspection/smooth-request.ts';
import type { WhatIfRequest } from '../core/inspection/what-if-request.ts';
import type { InspectionRequest } from '../core/inspection/request.ts';
import type { ReportFormat } from '../core/report/formats.ts';
import type { BilipschitzReport } from '../core/report/bilipschitz.ts';
import type { Inspection } from '../core/report/inspection.ts';
import type { LayerSpectrum } from '../core/report/layer-spectrum.ts';
import type { MapPin } from '../core/report/map-pin.ts';
import type { NoiseGrowth } from '../core/report/noise-growth.ts';
import type { LipschitzMap } from '../core/report/map.ts';
import type { SmoothingReport } from '../core/report/smoothing.ts';
import type { InspectOptions, MapOptions, SmoothOptions, WorkerClient } from '../core/worker/client.ts';
import type { Answer, WhatIfAnswer } from '../core/worker/protocol.ts';
import { Owner } from './disposable.ts';
import type { Inspector } from './model-inspection.ts';
import type { MapMaker } from './model-map.ts';
import type { Smoother } from './model-smoothing.ts';
import { workerSettings } from './settings.ts';

/** On disk, for the inspections of all workspaces. */
const cacheMegabytes = 64;

/** The process that computes, started by the first call. */
export class Worker extends Owner implements Inspector, MapMaker, Smoother {
  readonly #entry: string;
  readonly #cacheFolder: string;
  readonly #output: LogOutputChannel;
  #client: Promise<WorkerClient> | undefined;

  constructor(entry: string, cacheFolder: string, output: LogOutputChannel) {
    super();
    this.#entry = entry;
    this.#cacheFolder = cacheFolder;
    this.#output = output;
    this.track({ dispose: () => this.restart() });
    this.track(
      workspace.onDidChangeConfiguration((change) => {
        const affected = ['lipschitz.memoryLimitMb', 'lipschitz.idleShutdownSeconds'].some((key) =>
          change.affectsConfiguration(key),
        );
        if (affected) this.restart();
      }),
    );
  }

  async inspect(request: InspectionRequest, options: InspectOptions): Promise<Answer<Inspection>> {
    this.#output.info(l10n.t('Inspecting {0}', request.file));
    const answer = await this.#answered((client) => client.inspect(request, options));
    if ('ok' in answer) this.#output.info(l10n.t('Inspected {0} in {1} s', request.file, answer.ok.seconds.toFixed(2)));
    this.#logFailure(answer);
    return answer;
  }

  async map(request: MapRequest, options: MapOptions): Promise<Answer<LipschitzMap>> {
    this.#output.info(l10n.t('Drawing a map of {0}', request.file));
    const answer = await this.#answered((client) => client.map(request, options));
    if ('ok' in answer)
      this.#output.info(l10n.t('Drew the map of {0} in {1} s', request.file, answer.ok.seconds.toFixed(2)));
    this.#logFailure(answer);
    return answer;
  }

  async smooth(request: SmoothingRequest, options: SmoothOptions): Promise<Answer<SmoothingReport>> {
    this.#output.info(l10n.t('Smoothing {0}', request.file));
    const answer = await this.#answered((client) => client.smooth(request, options));
    this.#logFailure(answer);
    return answer;
  }

  async layer(question: LayerQuestion, signal: AbortSignal): Promise<Answer<LayerSpectrum>> {
    this.#output.info(l10n.t('The spectrum of {0} in {1}', question.layer, question.file));
    const answer = await this.#answered((client) => client.layer(question, signal));
    this.#logFailure(answer);
    return answer;
  }

  async growth(request: GrowthRequest, signal: AbortSignal): Promise<Answer<NoiseGrowth>> {
    this.#output.info(l10n.t('Sampling how changes grow in {0}', request.file));
    const answer = await this.#answered((client) => client.growth(request, signal));
    this.#logFailure(answer);
    return answer;
  }

  async bilipschitz(request: InspectionRequest, signal: AbortSignal): Promise<Answer<BilipschitzReport>> {
    this.#output.info(l10n.t('How far {0} keeps points apart', request.file));
    const answer = await this.#answered((client) => client.bilipschitz(request, signal));
    this.#logFailure(answer);
    return answer;
  }

  async whatIf(request: WhatIfRequest, signal: AbortSignal): Promise<Answer<WhatIfAnswer>> {
    this.#output.info(l10n.t('What if the weights of {0} were changed', request.inspection.file));
    const answer = await this.#answered((client) => client.whatIf(request, signal));
    this.#logFailure(answer);
    return answer;
  }

  pin(request: MapRequest, at: MapPin['at']): Promise<Answer<MapPin>> {
    return this.#answered((client) => client.pin(request, at));
  }

  render(inspection: Inspection, format: ReportFormat): Promise<Answer<string>> {
    return this.#answered((client) => client.render(inspection, format));
  }

  #logFailure(answer: Answer<unknown>): void {
    if ('ok' in answer || answer.err.kind === 'cancelled') return;
    this.#output.error(answer.err.message);
    if (answer.err.kind === 'internal') this.#output.error(answer.err.stack);
  }

  /** Ends the process; running calls are answered as cancelled and the next one starts another. */
  restart(): void {
    const client = this.#client;
    this.#client = undefined;
    void client?.then((running) => running.dispose());
  }

  async #answered<T>(call: (client: WorkerClient) => Promise<Answer<T>>): Promise<Answer<T>> {
    try {
      return await call(await (this.#client ??= this.#start()));
    } catch (error) {
      this.#client = undefined;
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      return { err: { kind: 'internal', message, stack: stack ?? '' } };
    }
  }

  async #start(): Promise<WorkerClient> {
    // Loaded here and not on activation: nobody may ever inspect anything in this window.
    const { WorkerClient } = await import('../core/worker/client.ts');
    return new WorkerClient({
      entryFile: this.#entry,
      entryArguments: [this.#cacheFolder, String(cacheMegabytes)],
      ...workerSettings(),
      log: (text) => this.#output.debug(text.trimEnd()),
    });
  }
}
