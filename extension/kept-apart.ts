import type { InspectionRequest } from '../core/inspection/request.ts';
import type { BilipschitzReport } from '../core/report/bilipschitz.ts';
import type { Inspection } from '../core/report/inspection.ts';
import type { Answer } from '../core/worker/protocol.ts';
import type { KeptApartAnswer } from '../webview/coupling/kept-apart-state.ts';
import { Owner } from './disposable.ts';
import { failureSentence } from './failure-sentence.ts';
import type { Questions } from './questions.ts';
import { requestFor } from './settings.ts';

interface StretchMeasurer {
  bilipschitz(request: InspectionRequest, signal: AbortSignal): Promise<Answer<BilipschitzReport>>;
}

/** How far models keep points apart, computed when a panel asks for it and remembered with the inspection that it was asked beside, for its report. */
export class KeptApart extends Owner {
  readonly #measurer: StretchMeasurer;
  readonly #questions: Questions;
  readonly #known = new WeakMap<Inspection, BilipschitzReport>();
  readonly #disposal = new AbortController();

  constructor(measurer: StretchMeasurer, questions: Questions) {
    super();
    this.#measurer = measurer;
    this.#questions = questions;
    this.track({ dispose: () => this.#disposal.abort() });
  }

  async of(file: string, inspection: Inspection): Promise<KeptApartAnswer> {
    const request = { ...requestFor(file, this.#questions.of(file)), norm: 'l2' as const };
    const answer = await this.#measurer.bilipschitz(request, this.#disposal.signal);
    if ('ok' in answer) {
      this.#known.set(inspection, answer.ok);
      return { kind: 'answer', report: answer.ok };
    }
    return { kind: 'failed', message: failureSentence(answer.err) };
  }

  /** The inspection with what was asked beside it. */
  with(inspection: Inspection): Inspection {
    const bilipschitz = this.#known.get(inspection);
    return bilipschitz === undefined ? inspection : { ...inspection, bilipschitz };
  }
}
