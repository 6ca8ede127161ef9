import type { Tensor } from '../../network/tensor.ts';
import type { LayerWeights } from './layer.ts';

/** A variable under the name that the file gives it: "bi/forward_lstm/lstm_cell/kernel". */
export interface NamedTensor {
  readonly path: readonly string[];
  readonly open: () => Tensor;
}

/** "dense/kernel:0" has the path dense, kernel. */
export const pathOf = (name: string): readonly string[] =>
  name
    .replace(/:\d+$/u, '')
    .split('/')
    .filter((part) => part !== '');

/**
 * Weights that a file lists by layer and name, in the order in which Keras made them: those that are trained, then the others. Within
 * a layer the first one of a name that nobody has asked for yet is meant, since layers inside it are asked in the same order.
 */
export class FlatWeights implements LayerWeights {
  readonly #entries: readonly NamedTensor[];
  readonly #used: Set<NamedTensor>;
  readonly #byLayer: ReadonlyMap<string, readonly NamedTensor[]> | undefined;
  readonly #own = new Map<string, Tensor | undefined>();
  readonly #inside = new Map<string, FlatWeights>();
  #members: readonly FlatWeights[] | undefined;

  private constructor(
    entries: readonly NamedTensor[],
    used: Set<NamedTensor>,
    byLayer?: ReadonlyMap<string, readonly NamedTensor[]>,
  ) {
    this.#entries = entries;
    this.#used = used;
    this.#byLayer = byLayer;
  }

  /** Files that keep the weights of every layer of the outermost model in a group of its own. */
  static grouped(byLayer: ReadonlyMap<string, readonly NamedTensor[]>): FlatWeights {
    return new FlatWeights([...byLayer.values()].flat(), new Set(), byLayer);
  }

  static listed(entries: readonly NamedTensor[]): FlatWeights {
    return new FlatWeights(entries, new Set());
  }

  own(_: number, name: string): Tensor | undefined {
    // A layer that is called twice asks twice, and means the same.
    if (this.#own.has(name)) return this.#own.get(name);
    const found = this.#entries.find((entry) => !this.#used.has(entry) && entry.path.at(-1) === name);
    if (found !== undefined) this.#used.add(found);
    const tensor = found?.open();
    this.#own.set(name, tensor);
    return tensor;
  }

  inside(attribute: string): LayerWeights {
    const known = this.#inside.get(attribute) ?? new FlatWeights(this.#entries, this.#used);
    this.#inside.set(attribute, known);
    return known;
  }

  members(_: string, layers: readonly { readonly name: string }[]): readonly LayerWeights[] {
    return (this.#members ??= layers.map(({ name }) => new FlatWeights(this.#entriesOf(name, layers), this.#used)));
  }

  /** By the group, or by the name as part of the path; a model in a model may hide its own name, so what no other layer claims is its. */
  #entriesOf(wanted: string, layers: readonly { readonly name: string }[]): readonly NamedTensor[] {
    if (this.#byLayer !== undefined) return this.#byLayer.get(wanted) ?? [];
    const within = this.#entries.filter(({ path }) => path.slice(0, -1).includes(wanted));
    if (within.length > 0) return within;
    const names = new Set(layers.map(({ name }) => name));
    return this.#entries.filter(({ path }) => !path.slice(0, -1).some((part) => names.has(part)));
  }
}
