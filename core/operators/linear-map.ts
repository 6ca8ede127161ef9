import type { Circular } from './maps/circular-map.ts';
import type { StoredWeights } from './maps/stored-dense-map.ts';

/**
 * The linear part of one operator as a matrix that is never written down, from the flattened data input (columns) to the
 * flattened output (rows). `structure` says what is known about it; the norm estimators choose their method by it.
 */
export interface LinearMap {
  readonly rows: number;
  readonly columns: number;
  readonly structure: LinearStructure;
  /** The largest number of products that any entry of W x or W' y sums; it decides the rounding error. */
  readonly terms: number;
  /**
   * Relative error of the entries against the exact ones (0 when they are numbers of the file, a few units when they had to be
   * computed, such as 1/9 or a folded BatchNorm). Whoever uses the entries widens its answer by it.
   */
  readonly entryError: number;
  /** W x. */
  apply(x: Float64Array): Float64Array;
  /** W' y. */
  applyTransposed(y: Float64Array): Float64Array;
  /** The same map with |W| in place of W: row and column sums of it are the linf and l1 norms. */
  magnitude(): LinearMap;
}

export type LinearStructure =
  /** Output element i is input element source(i), or nothing (padding). Reshape, Transpose, Slice, Pad, Gather, Tile, Expand. */
  | { readonly kind: 'selection'; readonly largestCopies: number }
  /** Every element is scaled on its own: BatchNorm, Mul by a constant, Neg. */
  | { readonly kind: 'diagonal'; readonly entries: Float64Array }
  /** A matrix (outputs x inputs, row-major) applied `repeats` times side by side: Gemm, MatMul, 1x1 convolutions. */
  | {
      readonly kind: 'dense';
      /** Read when somebody asks, where it is large. */
      readonly matrix: Float64Array;
      /** Where it lies, of a matrix that is better read a few rows at a time. */
      readonly stored?: StoredWeights;
      readonly outputs: number;
      readonly inputs: number;
      readonly repeats: number;
    }
  | { readonly kind: 'convolution'; readonly convolution: Convolution }
  /** A Kronecker product of small matrices along some axes, the identity elsewhere: average pooling, resizing, reductions. */
  | { readonly kind: 'separable'; readonly factors: readonly Matrix[] }
  /** Nothing more is known than how to apply it; of some, what their norm can be had from. */
  | { readonly kind: 'opaque'; readonly circular?: Circular; readonly product?: Product };

/** Maps that follow one another, whose norms multiply to an upper end, and what comes of them. */
export interface Product {
  readonly factors: readonly LinearMap[];
  /** Every entry that is not zero, once. */
  readonly each: (visit: (row: number, column: number, entry: number) => void) => void;
  /** The same as blocks of channels, where it maps images to images. */
  readonly blocks: ChannelBlocks;
}

/** A map between images, one group of channels beside the other, as the matrices that join a position of one with a position of the other: the same few everywhere. */
export interface ChannelBlocks {
  readonly groups: number;
  /** Of one group. */
  readonly outputChannels: number;
  readonly inputChannels: number;
  readonly outputSize: readonly number[];
  readonly inputSize: readonly number[];
  readonly joints: readonly {
    /** Outputs of all groups x inputs of one. */
    readonly matrix: Float64Array;
    /** The positions that it joins: outputs[k] with inputs[k]. */
    readonly outputs: readonly number[];
    readonly inputs: readonly number[];
  }[];
}

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Row-major. */
  readonly entries: Float64Array;
}

/** The matrix of a dense layer, whose numbers are read when somebody asks for them. */
export const matrixOf = (structure: Extract<LinearStructure, { kind: 'dense' }>): Matrix => ({
  rows: structure.outputs,
  columns: structure.inputs,
  get entries() {
    return structure.matrix;
  },
});

/** A (transposed) convolution over any number of spatial axes, zero padded. All arrays have one entry per spatial axis. */
export interface Convolution {
  /**
   * Direction of the map. A transposed convolution is the adjoint of the convolution with the same kernel and geometry, so
   * all numbers below describe that underlying convolution: inputs, outputs and sizes are those of the convolution itself.
   */
  readonly direction: 'forward' | 'transposed';
  /** Copies side by side (the batch axis). */
  readonly repeats: number;
  readonly groups: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly inputSize: readonly number[];
  readonly outputSize: readonly number[];
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padsBegin: readonly number[];
  readonly padsEnd: readonly number[];
  /** outputChannels x (inputChannels / groups) x kernel, row-major. */
  readonly kernel: Float64Array;
}
