import type { LayerQuestion } from '../inspection/layer-spectrum.ts';
import type { GrowthRequest } from '../inspection/noise-growth.ts';
import type { MapRequest } from '../inspection/map-request.ts';
import type { InspectionRequest } from '../inspection/request.ts';
import type { WhatIfRequest } from '../inspection/what-if-request.ts';
import type { SmoothingRequest } from '../inspection/smooth-request.ts';
import type { Verification } from '../inspection/verification.ts';
import type { ReportFormat } from '../report/formats.ts';
import type { BilipschitzReport } from '../report/bilipschitz.ts';
import type { Inspection } from '../report/inspection.ts';
import type { LayerSpectrum } from '../report/layer-spectrum.ts';
import type { LipschitzMap } from '../report/map.ts';
import type { MapPin } from '../report/map-pin.ts';
import type { MapEvent } from '../report/map-progress.ts';
import type { NoiseGrowth } from '../report/noise-growth.ts';
import type { InspectionEvent } from '../report/progress.ts';
import type { SmoothingReport } from '../report/smoothing.ts';
import type { SmoothingEvent } from '../report/smoothing-progress.ts';
import type { Answer, CallArgument, CallName, CallResult, WhatIfAnswer } from './protocol.ts';
import { WorkerProcess, type WorkerProcessOptions } from './worker-process.ts';

export interface WorkerOptions extends WorkerProcessOptions {
  /** The worker ends after so long without a call; the next call starts another. */
  readonly idleSeconds: number;
}

export interface InspectOptions {
  readonly onEvent: (event: InspectionEvent) => void;
  readonly signal: AbortSignal;
}

export interface MapOptions {
  readonly onEvent: (event: MapEvent) => void;
  readonly signal: AbortSignal;
}

export interface SmoothOptions {
  readonly onEvent: (event: SmoothingEvent) => void;
  readonly signal: AbortSignal;
}

interface Disposable {
  dispose(): void;
}

/**
 * The extension's side of the worker. Calls never throw and always answer.
 *
 * One call runs at a time, the others wait in order of arrival: every computation uses all cores and holds the event loop while
 * native code runs, so two at once would only delay each other's answers and cancellations; and when one has to be killed, or
 * outgrows the memory limit, no other dies with it.
 */
export class WorkerClient implements Disposable {
  readonly #options: WorkerOptions;
  readonly #listeners = new Set<(message: string) => void>();
  readonly #sinks = new Map<number, (event: InspectionEvent) => void>();
  readonly #mapSinks = new Map<number, (event: MapEvent) => void>();
  readonly #smoothingSinks = new Map<number, (event: SmoothingEvent) => void>();
  readonly #disposal = new AbortController();
  #lastCall: Promise<unknown> = Promise.resolve();
  #pending = 0;
  #jobs = 0;
  #process: WorkerProcess | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Of the running worker, for whoever watches it from outside. */
  get pid(): number | undefined {
    return this.#process?.alive === true ? this.#process.pid : undefined;
  }

  async inspect(request: InspectionRequest, { onEvent, signal }: InspectOptions): Promise<Answer<Inspection>> {
    const job = ++this.#jobs;
    this.#sinks.set(job, onEvent);
    try {
      return await this.#call('inspect', { job, request }, signal);
    } finally {
      this.#sinks.delete(job);
    }
  }

  /** The finished map is the answer, and not among the events. */
  async map(request: MapRequest, { onEvent, signal }: MapOptions): Promise<Answer<LipschitzMap>> {
    const job = ++this.#jobs;
    this.#mapSinks.set(job, onEvent);
    try {
      return await this.#call('map', { job, request }, signal);
    } finally {
      this.#mapSinks.delete(job);
    }
  }

  layer(question: LayerQuestion, signal = never): Promise<Answer<LayerSpectrum>> {
    return this.#call('layer', { question }, signal);
  }

  growth(request: GrowthRequest, signal = never): Promise<Answer<NoiseGrowth>> {
    return this.#call('growth', { request }, signal);
  }

  /** The finished answer is the call's own, and not among the events; the smoothed model is. */
  async smooth(request: SmoothingRequest, { onEvent, signal }: SmoothOptions): Promise<Answer<SmoothingReport>> {
    const job = ++this.#jobs;
    this.#smoothingSinks.set(job, onEvent);
    try {
      return await this.#call('smooth', { job, request }, signal);
    } finally {
      this.#smoothingSinks.delete(job);
    }
  }

  whatIf(request: WhatIfRequest, signal = never): Promise<Answer<WhatIfAnswer>> {
    return this.#call('whatIf', { request }, signal);
  }

  bilipschitz(request: InspectionRequest, signal = never): Promise<Answer<BilipschitzReport>> {
    return this.#call('bilipschitz', { request }, signal);
  }

  pin(request: MapRequest, at: MapPin['at'], signal = never): Promise<Answer<MapPin>> {
    return this.#call('pin', { request, at }, signal);
  }

  verify(inspection: Inspection, file: string, signal = never): Promise<Answer<Verification>> {
    return this.#call('verify', { inspection, file }, signal);
  }

  render(inspection: Inspection, format: ReportFormat, signal = never): Promise<Answer<string>> {
    return this.#call('render', { inspection, format }, signal);
  }

  /** Told the sentence for the user when the worker dies in the middle of a call. */
  onCrash(listener: (message: string) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** Running and waiting calls are answered as cancelled. */
  dispose(): void {
    this.#disposal.abort();
    this.#end();
    this.#listeners.clear();
  }

  async #call<K extends CallName>(
    name: K,
    argument: CallArgument<K>,
    cancellation: AbortSignal,
  ): Promise<Answer<CallResult<K>>> {
    const signal = AbortSignal.any([cancellation, this.#disposal.signal]);
    const previous = this.#lastCall;
    const { promise: over, resolve: finish } = openPromise();
    this.#lastCall = over;
    this.#pending++;
    clearTimeout(this.#idle);
    try {
      await Promise.race([previous, abortOf(signal)]);
      return signal.aborted ? { err: { kind: 'cancelled' } } : await this.#run(name, argument, signal);
    } finally {
      // Whoever gives up waiting leaves the queue, but those behind still wait for those before.
      void previous.then(finish);
      this.#pending--;
      if (this.#pending === 0) this.#idle = setTimeout(() => this.#end(), 1000 * this.#options.idleSeconds).unref();
    }
  }

  async #run<K extends CallName>(
    name: K,
    argument: CallArgument<K>,
    signal: AbortSignal,
  ): Promise<Answer<CallResult<K>>> {
    if (this.#process?.alive !== true) {
      this.#process = new WorkerProcess(this.#options, {
        inspectionEvent: ({ job, event }) => this.#sinks.get(job)?.(event),
        mapEvent: ({ job, event }) => this.#mapSinks.get(job)?.(event),
        smoothingEvent: ({ job, event }) => this.#smoothingSinks.get(job)?.(event),
      });
    }
    const answer = await this.#process.call(name, argument, signal);
    if ('err' in answer && answer.err.kind === 'crashed') {
      for (const listener of this.#listeners) listener(answer.err.message);
    }
    return answer;
  }

  #end(): void {
    clearTimeout(this.#idle);
    this.#process?.kill();
    this.#process = undefined;
  }
}

const never = new AbortController().signal;

const abortOf = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

function openPromise(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
