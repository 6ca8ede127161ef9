import type { WhatIfRequest } from '../core/inspection/what-if-request.ts';
import type { Inspection } from '../core/report/inspection.ts';
import { withKnown } from '../core/report/what-if.ts';
import type { Answer, WhatIfAnswer } from '../core/worker/protocol.ts';
import type { WhatIfState } from '../webview/coupling/what-if-state.ts';
import { Signal } from './disposable.ts';

export interface WeightChanger {
  whatIf(request: WhatIfRequest, signal: AbortSignal): Promise<Answer<WhatIfAnswer>>;
}

/** A change of one model's weights that was tried. It outlives its panels; every view of the model listens to this one object. */
export class ModelWhatIf {
  readonly changes = new Signal<WhatIfState>();
  readonly #changer: WeightChanger;
  readonly #internal: (message: string) => string;
  #state: WhatIfState = { kind: 'none' };
  #model: Uint8Array | undefined;
  #running: AbortController | undefined;

  /** `internal` says in the user's language that the fault is ours. */
  constructor(changer: WeightChanger, internal: (message: string) => string) {
    this.#changer = changer;
    this.#internal = internal;
  }

  get state(): WhatIfState {
    return this.#state;
  }

  /** The file with the changed weights, once there is one. */
  get model(): Uint8Array | undefined {
    return this.#model;
  }

  /** `known`: what an inspection has said about the model as it is. Resolves when that has ended, however it does. */
  async try(request: WhatIfRequest, known?: Inspection): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#become({ kind: 'running' }, undefined);
    const answer = await this.#changer.whatIf(request, running.signal);
    // Another change has taken over, or the model is another one.
    if (this.#running !== running) return;
    this.#running = undefined;
    if ('ok' in answer) this.#become({ kind: 'finished', report: withKnown(answer.ok.report, known) }, answer.ok.model);
    else if (answer.err.kind === 'cancelled') this.#become({ kind: 'stopped' }, undefined);
    else {
      const { kind, message } = answer.err;
      this.#become({ kind: 'failed', message: kind === 'internal' ? this.#internal(message) : message }, undefined);
    }
  }

  cancel(): void {
    this.#running?.abort();
  }

  /** What was said is about other weights. */
  forget(): void {
    if (this.#state.kind === 'none') return;
    this.#running?.abort();
    this.#running = undefined;
    this.#become({ kind: 'none' }, undefined);
  }

  dispose(): void {
    this.cancel();
    this.changes.dispose();
  }

  #become(state: WhatIfState, model: Uint8Array | undefined): void {
    [this.#state, this.#model] = [state, model];
    this.changes.emit(state);
  }
}
