import type { LayerTask } from '../inspection/layer-hand.ts';
import { bytesFor } from '../network/tensor.ts';
import type { LinearMap, LinearStructure } from '../operators/linear-map.ts';
import { convolutionMap } from '../operators/maps/convolution-map.ts';
import { denseMap } from '../operators/maps/dense-map.ts';
import { type StoredWeights, storedDenseMap } from '../operators/maps/stored-dense-map.ts';

/** A layer's task as it crosses threads: the weights themselves, so that the other thread need not open the model. */
export interface SentLayer extends Pick<LayerTask, 'about' | 'seconds'> {
  readonly map: SentMap;
}

interface SentMap extends Pick<LinearMap, 'entryError'> {
  readonly structure: Extract<LinearStructure, { kind: 'dense' | 'convolution' }> | SentStored;
}

/** A large matrix as it lies in the file: half as many bytes or less, and the other thread reads it where they are. */
interface SentStored extends Omit<StoredWeights, 'part'> {
  readonly kind: 'stored';
  readonly bytes: Uint8Array;
  readonly repeats: number;
}

/** Bytes that are kept from one layer to the next. */
const kept = 2 ** 27;

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
        const { outputs, inputs, repeats, stored } = structure;
        if (stored !== undefined) return { structure: this.#stored(stored, repeats), entryError };
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
    const there = new Float64Array(this.#room(weights.byteLength), 0, weights.length);
    there.set(weights);
    return there;
  }

  #stored({ part, rows, columns, type, rowsAre }: StoredWeights, repeats: number): SentStored {
    const length = bytesFor(type, rows * columns);
    const bytes = new Uint8Array(this.#room(length), 0, length);
    for (let at = 0; at < length; at += piece.length) {
      const count = Math.min(piece.length, length - at);
      bytes.set(part(at, count, piece), at);
    }
    return { kind: 'stored', bytes, rows, columns, type, rowsAre, repeats };
  }

  #room(bytes: number): SharedArrayBuffer {
    const shared = bytes <= this.#shared.byteLength ? this.#shared : new SharedArrayBuffer(bytes);
    if (bytes <= kept) this.#shared = shared;
    return shared;
  }
}

const piece = new Uint8Array(2 ** 20);

/** The other side: what arrives is copied, for the runtime takes no memory that is shared, into an array that the next layer overwrites. */
export class Unpacking {
  #own = new Float64Array(0);

  layer({ map: { structure, entryError }, about, seconds }: SentLayer): LayerTask {
    if (structure.kind === 'stored') {
      const { bytes, repeats, ...matrix } = structure;
      // Whoever reads rows copies them out of the memory that is shared.
      const part = (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length);
      const stored = storedDenseMap({ ...matrix, part }, repeats, entryError);
      return { map: () => stored, about, seconds };
    }
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
