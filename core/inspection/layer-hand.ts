import type { NormInterval } from '../bound.ts';
import { layerDetails, type LayerDetails } from '../estimators/norms/layer-details.ts';
import { operatorNorm } from '../estimators/norms/operator-norm.ts';
import type { LinearMap } from '../operators/linear-map.ts';
import type { Hand } from './crew.ts';
import type { Pace } from './pace.ts';

/** Something to find out about one affine layer. */
export interface LayerTask {
  /** Its weights are read when it begins: those of all layers may be larger than memory. undefined where it is not affine. */
  map(): LinearMap | undefined;
  /** The best l2 norm, or with that interval known what else there is to tell. */
  readonly about: 'l2' | { readonly details: NormInterval };
  /** It stops after so long with what it has. */
  readonly seconds: number;
}

export interface LayerFindings {
  readonly l2?: NormInterval;
  readonly details?: LayerDetails;
}

/** Works on layers in this thread. */
export class LayerHand implements Hand<LayerTask, LayerFindings> {
  readonly #pace: Pace;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  async work(task: LayerTask): Promise<LayerFindings> {
    const { about, seconds } = task;
    const map = task.map();
    if (map === undefined) return {};
    const end = this.#pace.seconds() + seconds;
    // Also beyond the end of the whole budget, where the task says so.
    const work = { ...this.#pace.until(end), remainingSeconds: () => Math.max(0, end - this.#pace.seconds()) };
    await work.breathe();
    if (about !== 'l2') return { details: await layerDetails(map, about.details, work) };
    let l2: NormInterval | undefined;
    for await (const better of operatorNorm(map, 'l2', work)) l2 = better;
    return l2 === undefined ? {} : { l2 };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
