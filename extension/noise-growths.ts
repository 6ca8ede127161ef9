import type { GrowthRequest } from '../core/inspection/noise-growth.ts';
import type { Inspection } from '../core/report/inspection.ts';
import type { NoiseGrowth } from '../core/report/noise-growth.ts';
import type { Answer } from '../core/worker/protocol.ts';
import type { GrowthAnswer } from '../webview/coupling/coupling-state.ts';
import { Owner } from './disposable.ts';
import { failureSentence } from './failure-sentence.ts';
import type { Questions } from './questions.ts';
import { requestFor } from './settings.ts';

interface GrowthSampler {
  growth(request: GrowthRequest, signal: AbortSignal): Promise<Answer<NoiseGrowth>>;
}

/** How changes of the input grow from layer to layer, sampled when a panel asks for it. */
export class NoiseGrowths extends Owner {
  readonly #sampler: GrowthSampler;
  readonly #questions: Questions;
  readonly #disposal = new AbortController();

  constructor(sampler: GrowthSampler, questions: Questions) {
    super();
    this.#sampler = sampler;
    this.#questions = questions;
    this.track({ dispose: () => this.#disposal.abort() });
  }

  async of(file: string, inspection: Inspection, noise: number): Promise<GrowthAnswer> {
    const witness = inspection.lipschitz[inspection.norm]?.lower.witness;
    const request: GrowthRequest = {
      ...requestFor(file, this.#questions.of(file)),
      norm: inspection.norm,
      noise,
      seed: 0,
      ...(witness === undefined ? {} : { witness }),
    };
    const answer = await this.#sampler.growth(request, this.#disposal.signal);
    if ('ok' in answer) return { kind: 'growth', growth: answer.ok };
    return { kind: 'failed', message: failureSentence(answer.err) };
  }
}
