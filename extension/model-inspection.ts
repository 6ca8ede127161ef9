import type { InspectionRequest } from '../core/inspection/request.ts';
import type { Inspection } from '../core/report/inspection.ts';
import { advance, type InspectionEvent } from '../core/report/progress.ts';
import type { Answer, Failure } from '../core/worker/protocol.ts';
import type { PanelState } from '../webview/contract.ts';
import { Signal } from './disposable.ts';
import { baseName } from './names.ts';

/** Whoever computes: the worker's client, or a play of it in tests. */
export interface Inspector {
  inspect(
    request: InspectionRequest,
    options: { readonly onEvent: (event: InspectionEvent) => void; readonly signal: AbortSignal },
  ): Promise<Answer<Inspection>>;
}

export type Change =
  { readonly kind: 'state'; readonly state: PanelState } | { readonly kind: 'event'; readonly event: InspectionEvent };

/** The words of this file, translated by the host. */
export interface Sentences {
  readonly opening: string;
  internal(message: string): string;
  deleted(file: string): string;
}

/** One model file and what is known about it. It outlives its panels; every view of the model listens to this one object. */
export class ModelInspection {
  readonly file: string;
  readonly changes = new Signal<Change>();
  readonly #inspector: Inspector;
  readonly #sentences: Sentences;
  #state: PanelState;
  #running: AbortController | undefined;

  constructor(file: string, inspector: Inspector, sentences: Sentences) {
    this.file = file;
    this.#inspector = inspector;
    this.#sentences = sentences;
    this.#state = { kind: 'stopped', file: baseName(file), inspection: undefined };
  }

  get state(): PanelState {
    return this.#state;
  }

  get inspection(): Inspection | undefined {
    return 'inspection' in this.#state ? this.#state.inspection : undefined;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Starts over; an inspection that is still running is cancelled first. Resolves when this one has ended, however it does. */
  async run(request: InspectionRequest): Promise<PanelState> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#become({ kind: 'loading', file: this.#name, activity: this.#sentences.opening });
    let inspection: Inspection | undefined;
    const answer = await this.#inspector.inspect(request, {
      signal: running.signal,
      onEvent: (event) => {
        if (this.#running !== running) return;
        inspection = advance(inspection, event);
        this.#advance(event, inspection);
      },
    });
    // Another run has taken over: what it finds is what counts.
    if (this.#running !== running) return this.#state;
    this.#running = undefined;
    this.#become('ok' in answer ? this.#finished(answer.ok) : this.#failed(answer.err, inspection));
    return this.#state;
  }

  /** An earlier answer about the same bytes. */
  restore(inspection: Inspection): void {
    if (this.#running === undefined) this.#become(this.#finished(inspection));
  }

  /** The same answer, its layers with their lines of code. */
  annotate(inspection: Inspection): void {
    if (this.#state.kind === 'finished') this.#become({ ...this.#state, inspection });
  }

  cancel(): void {
    this.#running?.abort();
  }

  /** The file has other bytes than those that were inspected. */
  markStale(): void {
    if (this.#state.kind === 'finished' || (this.#state.kind === 'stopped' && this.#state.inspection !== undefined)) {
      const { file, inspection } = this.#state;
      if (inspection !== undefined) this.#become({ kind: 'stale', file, inspection });
    }
  }

  markDeleted(): void {
    this.cancel();
    this.#running = undefined;
    const { inspection } = this;
    this.#become({
      kind: 'failed',
      file: this.#name,
      message: this.#sentences.deleted(this.#name),
      action: 'retry',
      inspection,
    });
  }

  dispose(): void {
    this.cancel();
    this.changes.dispose();
  }

  get #name(): string {
    return baseName(this.file);
  }

  #become(state: PanelState): void {
    this.#state = state;
    this.changes.emit({ kind: 'state', state });
  }

  #advance(event: InspectionEvent, inspection: Inspection | undefined): void {
    const file = this.#name;
    const before = this.#state;
    const { activity, fraction } =
      event.kind === 'activity' ? event : before.kind === 'running' ? before : { activity: '', fraction: 0 };
    // What follows the last event is the answer, which says the same and is the one that counts.
    if (event.kind === 'finished') return;
    if (inspection === undefined) {
      if (event.kind === 'activity') this.#become({ kind: 'loading', file, activity });
      return;
    }
    const state: PanelState = { kind: 'running', file, inspection, activity, fraction };
    if (before.kind !== 'running') {
      this.#become(state);
    } else {
      this.#state = state;
      this.changes.emit({ kind: 'event', event });
    }
  }

  #finished(inspection: Inspection): PanelState {
    return { kind: 'finished', file: this.#name, inspection };
  }

  #failed(failure: Failure, inspection: Inspection | undefined): PanelState {
    const file = this.#name;
    switch (failure.kind) {
      case 'cancelled':
        return { kind: 'stopped', file, inspection };
      case 'user':
        return { kind: 'failed', file, message: failure.message, action: 'retry', inspection };
      case 'internal':
        return {
          kind: 'failed',
          file,
          message: this.#sentences.internal(failure.message),
          action: 'retry',
          inspection,
        };
      case 'crashed':
        return { kind: 'failed', file, message: failure.message, action: 'restart', inspection };
    }
  }
}
