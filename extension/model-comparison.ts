import type { InspectionRequest } from '../core/inspection/request.ts';
import { compareInspections } from '../core/report/comparison/compare.ts';
import type { Comparison } from '../core/report/comparison/comparison.ts';
import type { Inspection } from '../core/report/inspection.ts';
import { advance, type InspectionEvent } from '../core/report/progress.ts';
import { UserError } from '../core/sentence.ts';
import type { Answer } from '../core/worker/protocol.ts';
import { comparisonOf, type CompareState } from '../webview/compare/compare-state.ts';
import { Signal } from './disposable.ts';
import type { Inspector } from './model-inspection.ts';

/** Comparing again after every event of a thousand layers would be most of the work. */
const pauseMs = 250;

/** One model beside another. It outlives its panels; every view of the model listens to this one object. */
export class ModelComparison {
  readonly changes = new Signal<CompareState>();
  readonly #inspector: Inspector;
  readonly #internal: (message: string) => string;
  #state: CompareState = { kind: 'none' };
  #own: Inspection | undefined;
  #other: { readonly request: InspectionRequest; inspection: Inspection | undefined } | undefined;
  /** Where the other model stands. */
  #otherIs: 'before' | 'after' = 'before';
  #running: AbortController | undefined;
  #comparedAt = 0;

  /** `internal` says in the user's language that the fault is ours. */
  constructor(inspector: Inspector, internal: (message: string) => string) {
    this.#inspector = inspector;
    this.#internal = internal;
  }

  get state(): CompareState {
    return this.#state;
  }

  /** What was asked of the other model. */
  get request(): InspectionRequest | undefined {
    return this.#other?.request;
  }

  /** What is known of the model itself: it may come later, and change. */
  take(own: Inspection | undefined): void {
    if (own === this.#own) return;
    this.#own = own;
    if (this.#state.kind !== 'none') this.#compared();
  }

  /** Inspects the other model with this model's question. Resolves when that has ended, however it does. */
  async with(request: InspectionRequest, otherIs = this.#otherIs): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    const other = { request, inspection: undefined as Inspection | undefined };
    [this.#other, this.#otherIs] = [other, otherIs];
    this.#become({ kind: 'running', other: request.file, comparison: undefined, activity: '', fraction: 0 });
    const answer = await this.#inspector.inspect(request, {
      signal: running.signal,
      onEvent: (event) => {
        if (this.#running !== running) return;
        other.inspection = advance(other.inspection, event);
        this.#advance(event);
      },
    });
    // Another comparison has taken over.
    if (this.#running !== running) return;
    this.#running = undefined;
    this.#ended(answer);
  }

  swap(): void {
    this.#otherIs = this.#otherIs === 'before' ? 'after' : 'before';
    if (this.#state.kind !== 'none') this.#compared();
  }

  cancel(): void {
    this.#running?.abort();
  }

  dispose(): void {
    this.cancel();
    this.changes.dispose();
  }

  #become(state: CompareState): void {
    this.#state = state;
    this.changes.emit(state);
  }

  #advance(event: InspectionEvent): void {
    const { state } = this;
    if (state.kind !== 'running') return;
    if (event.kind === 'activity') this.#become({ ...state, activity: event.activity, fraction: event.fraction });
    else if (performance.now() - this.#comparedAt > pauseMs) this.#compared();
  }

  #ended(answer: Answer<Inspection>): void {
    const other = this.#other!;
    const { file } = other.request;
    const comparison = comparisonOf(this.#state);
    if ('ok' in answer) {
      other.inspection = answer.ok;
      this.#become({ kind: 'stopped', other: file, comparison });
      this.#compared();
    } else if (answer.err.kind === 'cancelled') this.#become({ kind: 'stopped', other: file, comparison });
    else {
      const { kind, message } = answer.err;
      const sentence = kind === 'internal' ? this.#internal(message) : message;
      this.#become({ kind: 'failed', other: file, message: sentence, comparison });
    }
  }

  /** Anew, with what is known of both. */
  #compared(): void {
    const [own, other, state] = [this.#own, this.#other, this.#state];
    if (own === undefined || other?.inspection === undefined || state.kind === 'none') return;
    this.#comparedAt = performance.now();
    const [before, after] = this.#otherIs === 'before' ? [other.inspection, own] : [own, other.inspection];
    let comparison: Comparison;
    try {
      comparison = compareInspections(before, after);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#become({ kind: 'failed', other: other.request.file, message: error.message, comparison: undefined });
      return;
    }
    if (state.kind === 'running') this.#become({ ...state, comparison });
    else this.#become({ kind: 'finished', other: other.request.file, comparison });
  }
}
