import type { Tensor } from '../../../network/tensor.ts';
import type { WeightLayer } from '../../../network/weight-layer.ts';

/** A layer of Keras as a file of weights knows it: the variables that it made, in their order. */
export interface Owner {
  /** As the code calls it: "block.dense". */
  readonly name: string;
  /** Where it stands in the file. */
  readonly path: string;
  /** In Keras's spelling for names, conv2d_transpose, where the file tells it. */
  readonly className: string | undefined;
  /** A layer around another one: SpectralNormalization, Bidirectional. */
  readonly wraps: boolean;
  readonly variables: readonly Variable[];
}

export interface Variable {
  /** Of the older files only. */
  readonly name: string | undefined;
  readonly tensor: Tensor;
}

/** One variable of a layer as a layer: its name is the layer's where it is the only one. */
export const named = (
  { name, variables }: Owner,
  index: number,
  part?: string,
): Pick<WeightLayer, 'name' | 'id' | 'applied'> => ({
  name: part === undefined ? name : name === '' ? part : `${name}.${part}`,
  id: variables[index]!.tensor.name,
  applied: [],
});
