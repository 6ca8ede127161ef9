import type { LayerQuestion } from '../core/inspection/layer-spectrum.ts';
import type { LayerSpectrum } from '../core/report/layer-spectrum.ts';
import { spectrumView, type SpectrumAnswer } from '../core/report/spectrum-view.ts';
import type { Answer } from '../core/worker/protocol.ts';
import { Owner } from './disposable.ts';
import { failureSentence } from './failure-sentence.ts';
import type { Questions } from './questions.ts';
import { requestFor } from './settings.ts';

interface SpectrumMaker {
  layer(question: LayerQuestion, signal: AbortSignal): Promise<Answer<LayerSpectrum>>;
}

/** Spectra of single layers, computed when a panel asks for one. */
export class LayerSpectra extends Owner {
  readonly #maker: SpectrumMaker;
  readonly #questions: Questions;
  readonly #disposal = new AbortController();
  /** By the model's hash and the layer: hovers speak of what a panel has asked for. */
  readonly #known = new Map<string, Pick<LayerSpectrum, 'count' | 'histogram'>>();

  constructor(maker: SpectrumMaker, questions: Questions) {
    super();
    this.#maker = maker;
    this.#questions = questions;
    this.track({ dispose: () => this.#disposal.abort() });
  }

  /** A spectrum that was computed in this window. */
  known(sha256: string, layer: string): Pick<LayerSpectrum, 'count' | 'histogram'> | undefined {
    return this.#known.get(keyOf(sha256, layer));
  }

  async of(file: string, layer: string): Promise<SpectrumAnswer> {
    const question = { ...requestFor(file, this.#questions.of(file)), layer };
    const answer = await this.#maker.layer(question, this.#disposal.signal);
    if ('ok' in answer) {
      const { model, count, histogram } = answer.ok;
      this.#known.set(keyOf(model.sha256, layer), { count, histogram });
      return { kind: 'spectrum', view: spectrumView(answer.ok) };
    }
    return { kind: 'failed', message: failureSentence(answer.err) };
  }
}

const keyOf = (sha256: string, layer: string): string => `${sha256}:${layer}`;
