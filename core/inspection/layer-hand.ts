import type { NormInterval } from '../bound.ts';
import { layerDetails, type LayerDetails } from '../estimators/norms/layer-details.ts';
import { operatorNorm } from '../estimators/norms/operator-norm.ts';
import type { Network } from '../network/network.ts';
import type { AffineMaps } from './affine-maps.ts';
import type { Hand } from './crew.ts';
import type { Pace } from './pace.ts';

/** Something to find out about one affine layer. Plain data: it crosses threads. */
export interface LayerTask {
  /** Of the node in the analysed network. */
  readonly id: string;
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
  readonly #network: Network;
  readonly #maps: AffineMaps;
  readonly #pace: Pace;

  constructor(network: Network, maps: AffineMaps, pace: Pace) {
    this.#network = network;
    this.#maps = maps;
    this.#pace = pace;
  }

  async work({ id, about, seconds }: LayerTask): Promise<LayerFindings> {
    const node = this.#network.nodes.find((one) => one.id === id);
    const map = node === undefined ? undefined : this.#maps.of(node);
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
