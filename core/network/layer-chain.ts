/**
 * How the layers of a file without a graph follow one another. The file does not say it: a chain is proposed from names and sizes or from
 * source code, the user edits it, and what is composed with it is true only if the chain is.
 */
export interface Chain {
  /** Where it comes from, in words: it is repeated wherever a number rests on it. */
  readonly basis: string;
  /** Sizes of the input without the batch; null where nothing tells. */
  readonly input: readonly (number | null)[];
  readonly steps: readonly ChainStep[];
}

export type ChainStep =
  | { readonly layer: string; readonly stride?: number; readonly padding?: number; readonly groups?: number }
  | { readonly function: ChainFunction }
  | { readonly pool: 'max' | 'average'; readonly size: number }
  | { readonly flatten: true };

export const chainFunctions = ['Relu', 'Tanh', 'Sigmoid', 'Elu', 'Gelu', 'Softplus', 'Softmax'] as const;
export type ChainFunction = (typeof chainFunctions)[number];

/** A layer as far as its place in a chain goes: what it takes and gives, without the batch. */
export interface ChainLayer {
  /** By which the steps of a chain name it. */
  readonly id: string;
  readonly name: string;
  readonly kind: 'dense' | 'conv' | 'transposed conv' | 'normalisation';
  /** Channels or features; of one group where a convolution has several. */
  readonly taken: number;
  readonly given: number;
  /** Sizes of a convolution's window; empty for others. */
  readonly kernel: readonly number[];
}
