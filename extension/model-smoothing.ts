import type { SmoothingRequest } from '../core/inspection/smooth-request.ts';
import type { SmoothingReport } from '../core/report/smoothing.ts';
import type { SmoothingEvent } from '../core/report/smoothing-progress.ts';
import type { Answer, Failure } from '../core/worker/protocol.ts';
import { advanceSmoothing, reportOf, type SmoothingState } from '../webview/smoothing/smoothing-state.ts';
import { Signal } from './disposable.ts';

/** Whoever smooths networks: the worker's client, or a play of it in tests. */
export interface Smoother {
  smooth(
    request: SmoothingRequest,
    options: { readonly onEvent: (event: SmoothingEvent) => void; readonly signal: AbortSignal },
  ): Promise<Answer<SmoothingReport>>;
}

/** What a smoothing ended with, beside the state that the panel shows. */
export type SmoothingOutcome = { readonly model: Uint8Array | undefined };

/** One model's smoothing. It outlives its panels; every view of the model listens to this one object. */
export class ModelSmoothing {
  readonly changes = new Signal<SmoothingState>();
  readonly #smoother: Smoother;
  readonly #internal: (message: string) => string;
  #state: SmoothingState = { kind: 'none' };
  #running: AbortController | undefined;

  /** `internal` says in the user's language that the fault is ours. */
  constructor(smoother: Smoother, internal: (message: string) => string) {
    this.#smoother = smoother;
    this.#internal = internal;
  }

  get state(): SmoothingState {
    return this.#state;
  }

  /** One that is still being computed is cancelled first. Resolves when this one has ended, however it does. */
  async smooth(request: SmoothingRequest): Promise<SmoothingOutcome> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    let model: Uint8Array | undefined;
    // The old numbers stay until the new ones are there.
    this.#become({ kind: 'running', report: reportOf(this.#state), activity: '', fraction: 0 });
    const answer = await this.#smoother.smooth(request, {
      signal: running.signal,
      onEvent: (event) => {
        if (this.#running !== running) return;
        if (event.kind === 'model') model = event.bytes;
        this.#become(advanceSmoothing(this.#state, event));
      },
    });
    // Another one has taken over.
    if (this.#running !== running) return { model: undefined };
    this.#running = undefined;
    this.#become('ok' in answer ? { kind: 'finished', report: answer.ok } : this.#ended(answer.err));
    return { model: 'ok' in answer ? model : undefined };
  }

  cancel(): void {
    this.#running?.abort();
  }

  /** The file has other bytes than those that were smoothed. */
  forget(): void {
    this.cancel();
    this.#running = undefined;
    this.#become({ kind: 'none' });
  }

  dispose(): void {
    this.cancel();
    this.changes.dispose();
  }

  #become(state: SmoothingState): void {
    this.#state = state;
    this.changes.emit(state);
  }

  #ended(failure: Failure): SmoothingState {
    const report = reportOf(this.#state);
    if (failure.kind === 'cancelled') return { kind: 'stopped', report };
    const message = failure.kind === 'internal' ? this.#internal(failure.message) : failure.message;
    return { kind: 'failed', message, report };
  }
}
