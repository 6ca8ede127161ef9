import type { LayerTask } from '../inspection/layer-hand.ts';
import type { LinearMap, LinearStructure } from '../operators/linear-map.ts';
import { convolutionMap } from '../operators/maps/convolution-map.ts';
import { denseMap } from '../operators/maps/dense-map.ts';

/** A layer's task as it crosses threads: the weights themselves, so that the other thread need not open the model. */
export interface SentLayer extends Pick<LayerTask, 'about' | 'seconds'> {
  readonly map: SentMap;
}

interface SentMap extends Pick<LinearMap, 'entryError'> {
  readonly structure: Extract<LinearStructure, { kind: 'dense' | 'convolution' }>;
}

/** Bytes that are kept from one layer to the next. */
const kept = 2 ** 26;

/**
 * Memory through which weights reach one thread, one layer after the other. Copies of their own for every layer, written and read again on the way, took as long as
 * most norms: fresh memory is dear (see Scratch).
 */
export class Mailbox {
  #shared = new SharedArrayBuffer(0);

  /** undefined for a map that is more than its numbers: code does not cross threads. Those are cheap but for a few. */
  packed({ structure, entryError }: LinearMap): SentMap | undefined {
    switch (structure.kind) {
      case 'dense': {
        const { outputs, inputs, repeats } = structure;
        return {
          structure: { kind: 'dense', matrix: this.#put(structure.matrix), outputs, inputs, repeats },
          entryError,
        };
      }
      case 'convolution': {
        const { convolution } = structure;
        const kernel = this.#put(convolution.kernel);
        return { structure: { kind: 'convolution', convolution: { ...convolution, kernel } }, entryError };
      }
      case 'selection':
      case 'diagonal':
      case 'separable':
      case 'opaque':
        return undefined;
    }
  }

  #put(weights: Float64Array): Float64Array {
    const { byteLength } = weights;
    const shared = byteLength <= this.#shared.byteLength ? this.#shared : new SharedArrayBuffer(byteLength);
    if (byteLength <= kept) this.#shared = shared;
    const there = new Float64Array(shared, 0, weights.length);
    there.set(weights);
    return there;
  }
}

/** The other side: what arrives is copied, for the runtime takes no memory that is shared, into an array that the next layer overwrites. */
export class Unpacking {
  #own = new Float64Array(0);

  layer({ map: { structure, entryError }, about, seconds }: SentLayer): LayerTask {
    const map =
      structure.kind === 'dense'
        ? denseMap(this.#copied(structure.matrix), structure.outputs, structure.inputs, structure.repeats, entryError)
        : convolutionMap({ ...structure.convolution, kernel: this.#copied(structure.convolution.kernel) }, entryError);
    return { map: () => map, about, seconds };
  }

  #copied(weights: Float64Array): Float64Array {
    const own = weights.length <= this.#own.length ? this.#own : new Float64Array(weights.length);
    if (weights.byteLength <= kept) this.#own = own;
    own.set(weights);
    return own.subarray(0, weights.length);
  }
}
