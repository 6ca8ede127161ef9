import type { Network, Node } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import type { LinearMap } from '../operators/linear-map.ts';
import { affineRule } from './layers.ts';

/** In weights: 64 MB as doubles. */
const room = 2 ** 23;

/**
 * The affine layers as linear maps, made from the file's weights when asked for. Small ones are kept, since every norm and detail
 * asks again; large ones are made anew each time, for all together they may be larger than memory.
 */
export class AffineMaps {
  readonly #network: Network;
  readonly #kept = new Map<string, LinearMap>();
  #free = room;

  constructor(network: Network) {
    this.#network = network;
  }

  /** How many numbers the constants of a node hold. */
  weightsOf(node: Node): number {
    return node.inputs.reduce((count, name) => {
      const tensor = this.#network.constants.get(name);
      return count + (tensor === undefined ? 0 : elementCount(tensor.shape));
    }, 0);
  }

  /** undefined for a node that is not affine. */
  of(node: Node): LinearMap | undefined {
    const kept = this.#kept.get(node.id);
    if (kept !== undefined) return kept;
    const map = affineRule(this.#network, node)?.map;
    if (map === undefined) return undefined;
    const weights = this.weightsOf(node);
    if (weights <= this.#free) {
      this.#free -= weights;
      this.#kept.set(node.id, map);
    }
    return map;
  }
}
