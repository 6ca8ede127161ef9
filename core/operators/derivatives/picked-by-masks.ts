import { integer, integers } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import type { Matrix } from '../linear-map.ts';
import { windowOf, type Window } from '../window.ts';
import { inputOf, type Site } from './derivative.ts';
import type { Graph } from './graph.ts';

/**
 * Max pooling for providers that have no Indices output (WebGPU accepts it and then fails): each place of the window is laid
 * out as a channel of its own, and a mask says which of them holds the first maximum.
 */
export interface MaskedPool {
  /** [points, channels, places of the window, ...places of the output]: 1 at the first maximum, 0 elsewhere. */
  readonly mask: string;
  /** One direction at the input, picked. */
  pick(tangent: string): string;
  /** One weighting of the output, put back. */
  putBack(cotangent: string): string;
}

/** Undefined where the window cannot be laid out by a convolution: then there are only the positions. */
export function maskedPool(site: Site): MaskedPool | undefined {
  const { graph, node, facts } = site;
  const [x, y] = [inputOf(site, 0), node.outputs[0]!];
  const shape = graph.shapeOf(x);
  const window = windowOf(facts, shape.slice(2), integers(node, 'kernel_shape') ?? []);
  // Kernels shorter than their stride may begin inside; several directions would need copies; column-major ties are read in another order.
  if (window.padsBegin.some((pad) => pad < 0) || graph.directions > 1) return undefined;
  if (integer(node, 'storage_order', 0) !== 0) return undefined;
  const layout = new Layout(graph, window, shape);
  const matches = graph.times(layout.matches(x, y), layout.inside());
  const earlier = graph.along(matches, 2, strictlyBefore(layout.places));
  const none = graph.add('Equal', [earlier, graph.number(0)], {}, { type: 'bool', shape: layout.apart(layout.places) });
  const mask = graph.times(matches, graph.asNumber(none));
  return {
    mask,
    pick: (tangent) => graph.reshape(graph.sumOver(graph.times(mask, layout.unfold(tangent)), [2]), graph.shapeOf(y)),
    putBack: (cotangent) => layout.fold(graph.times(mask, graph.reshape(cotangent, layout.apart(1)))),
  };
}

/** Times a column of matches: how many of them stand before each. */
function strictlyBefore(places: number): Matrix {
  const entries = Float64Array.from({ length: places * places }, (_, i) =>
    i % places < Math.floor(i / places) ? 1 : 0,
  );
  return { rows: places, columns: places, entries };
}

class Layout {
  readonly places: number;
  readonly #graph: Graph;
  readonly #window: Window;
  readonly #shape: readonly number[];
  readonly #kernels: string;

  constructor(graph: Graph, window: Window, shape: readonly number[]) {
    this.#graph = graph;
    this.#window = window;
    this.#shape = shape;
    this.places = elementCount(window.kernel);
    // One kernel per place, which copies what stands there. Every channel is a point of its own for it: WebGPU computes groups of a
    // convolution wrongly where each has several outputs (docs/gpu.md).
    const ones = new Float64Array(this.places * this.places);
    for (let place = 0; place < this.places; place++) ones[place * this.places + place] = 1;
    this.#kernels = graph.constant([this.places, 1, ...window.kernel], ones);
  }

  /** The shape in which the places of the window have an axis of their own. */
  apart(places: number): readonly number[] {
    const [points, channels] = this.#shape;
    return [points!, channels!, places, ...this.#window.outputSize];
  }

  unfold(value: string): string {
    const { strides, dilations, padsBegin, outputSize } = this.#window;
    const padsEnd = this.#full().map((full, a) => Math.max(0, full - this.#shape[a + 2]! - padsBegin[a]!));
    const [points, channels, ...sizes] = this.#shape;
    const single = this.#graph.reshape(value, [points! * channels!, 1, ...sizes]);
    const unfolded = this.#graph.add(
      'Conv',
      [single, this.#kernels],
      {
        strides: { kind: 'ints', value: strides },
        dilations: { kind: 'ints', value: dilations },
        pads: { kind: 'ints', value: [...padsBegin, ...padsEnd] },
      },
      { type: this.#graph.precision, shape: [points! * channels!, this.places, ...outputSize] },
    );
    return this.#graph.reshape(unfolded, this.apart(this.places));
  }

  /** The adjoint of unfolding. */
  fold(value: string): string {
    const { strides, dilations, padsBegin, outputSize } = this.#window;
    const graph = this.#graph;
    const [points, channels, ...sizes] = this.#shape;
    const full = this.#full();
    const flat = graph.reshape(value, [points! * channels!, this.places, ...outputSize]);
    const spread = graph.add(
      'ConvTranspose',
      [flat, this.#kernels],
      {
        strides: { kind: 'ints', value: strides },
        dilations: { kind: 'ints', value: dilations },
      },
      { type: graph.precision, shape: [points! * channels!, 1, ...full] },
    );
    const axes = sizes.map((_, a) => a + 2);
    const ends = sizes.map((size, a) => Math.min(full[a]!, padsBegin[a]! + size));
    const inside = graph.slice(spread, axes, padsBegin, ends);
    const missing = sizes.map((size, a) => size - (ends[a]! - padsBegin[a]!));
    return graph.reshape(graph.pad(inside, [0, 0, ...sizes.map(() => 0)], [0, 0, ...missing]), this.#shape);
  }

  /** 1 where what stands at a place of the window is the maximum. */
  matches(x: string, y: string): string {
    const graph = this.#graph;
    const maxima = graph.reshape(y, this.apart(1));
    const type = { type: 'bool', shape: this.apart(this.places) } as const;
    return graph.asNumber(graph.add('Equal', [this.unfold(x), maxima], {}, type));
  }

  /** 0 where a place of the window lies in the padding, which is no candidate, though it reads as a number here. */
  inside(): string {
    const { kernel, strides, dilations, padsBegin, outputSize } = this.#window;
    const count = elementCount(outputSize);
    const numbers = new Float64Array(this.places * count);
    for (let place = 0; place < this.places; place++) {
      const tap = unravelled(place, kernel);
      for (let at = 0; at < count; at++) {
        const inside = unravelled(at, outputSize).every((o, a) => {
          const position = o * strides[a]! + tap[a]! * dilations[a]! - padsBegin[a]!;
          return position >= 0 && position < this.#shape[a + 2]!;
        });
        numbers[place * count + at] = inside ? 1 : 0;
      }
    }
    return this.#graph.constant([1, 1, this.places, ...outputSize], numbers);
  }

  /** The padded input as far as windows reach. */
  #full(): readonly number[] {
    const { kernel, strides, dilations, outputSize } = this.#window;
    return kernel.map((size, a) => (outputSize[a]! - 1) * strides[a]! + (size - 1) * dilations[a]! + 1);
  }
}

function unravelled(index: number, sizes: readonly number[]): readonly number[] {
  const at: number[] = [];
  for (const size of sizes.toReversed()) {
    at.unshift(index % size);
    index = Math.floor(index / size);
  }
  return at;
}
