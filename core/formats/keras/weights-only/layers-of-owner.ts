import { elementCount, isFloating, type Tensor } from '../../../network/tensor.ts';
import type { WeightLayer } from '../../../network/weight-layer.ts';
import { batchNorm } from './batch-norm.ts';
import { knownClass, type KnownClass } from './classes.ts';
import { depthwise, forward, matrix, transposedConvolution, type Piece } from './kernel-forms.ts';
import { named, type Owner, type Variable } from './owner.ts';
import { layersByShape } from './unknown-class.ts';

/**
 * What the variables of a layer of Keras are, in PyTorch's order of axes. Keras multiplies rows by matrices: Dense [in, out], convolutions
 * [...kernel, in, out], depthwise ones [...kernel, in, multiplier], transposed ones [...kernel, out, in].
 */
export function layersOfOwner(given: Owner): readonly WeightLayer[] {
  if (wrapsNormalised(given)) return [];
  const owner = { ...given, variables: given.variables.filter(({ name }) => name !== 'vector_u') };
  const [first] = owner.variables;
  if (first === undefined || owner.variables.every(({ tensor: { shape } }) => elementCount(shape) <= 1)) return [];
  const doubt = otherWeights(owner.variables);
  if (doubt !== undefined)
    return [{ ...named(owner, 0), weight: first.tensor, kind: 'unknown', order: 'unknown', doubt }];
  const known = knownClass(owner.className) ?? classByNames(owner.variables);
  return (known === undefined ? undefined : layersOfClass(owner, known)) ?? layersByShape(owner);
}

/** SpectralNormalization lists the kernel of its layer once more, and the vector that it is iterated with. */
const wrapsNormalised = ({ wraps, className, variables: [first, second] }: Owner): boolean =>
  knownClass(className)?.kind === 'wrapper' ||
  (wraps && first !== undefined && second?.tensor.shape.length === 2 && second.tensor.shape[0] === 1);

/** Forms in which the variables are not what the layer multiplies with. */
function otherWeights(variables: readonly Variable[]): string | undefined {
  if (variables.some(({ name }) => name?.startsWith('lora') === true))
    return 'its weights of LoRA stand beside its kernel in this file';
  const [first] = variables;
  return first !== undefined && first.tensor.shape.length > 1 && /^(?:u?int[48]|float8)/u.test(first.tensor.type)
    ? 'its weights are quantised, a form that is not read: save the model before it is quantised'
    : undefined;
}

/** Names that only one kind of layer gives to its variables. */
function classByNames(variables: readonly Variable[]): KnownClass | undefined {
  const has = (name: string): boolean => variables.some((variable) => variable.name === name);
  if (has('pointwise_kernel')) return { kind: 'separable' };
  if (has('depthwise_kernel')) return { kind: 'depthwise' };
  if (has('recurrent_kernel')) return { kind: has4Axes(variables) ? 'conv recurrent' : 'recurrent' };
  if (has('moving_variance')) return { kind: 'batch norm' };
  if (has('embeddings')) return { kind: 'embedding', rank: 2 };
  return has('gamma') ? { kind: 'normalisation' } : undefined;
}

const has4Axes = ([first]: readonly Variable[]): boolean => (first?.tensor.shape.length ?? 0) > 2;

/** undefined where the shapes are not those of the class: then it is another one of the same name. */
function layersOfClass(owner: Owner, { kind, rank }: KnownClass): readonly WeightLayer[] | undefined {
  const [first, second, third] = owner.variables.map(({ tensor }) => tensor);
  const floating = owner.variables.every(({ tensor }) => isFloating(tensor.type) || tensor.shape.length === 0);
  if (first === undefined || !floating || (rank !== undefined && first.shape.length !== rank)) return undefined;
  switch (kind) {
    case 'dense':
      return only(owner, matrix(first, 'inputs first'), second);
    case 'embedding':
      return [{ ...named(owner, 0), weight: first, kind: 'embedding', order: 'inputs first' }];
    case 'conv':
      return only(owner, forward(first), second);
    case 'transposed':
      return only(owner, transposedConvolution(first), second);
    case 'depthwise':
      return first.shape.length < 3 ? undefined : only(owner, depthwise(first), second);
    case 'separable':
      if (first.shape.length < 3 || second?.shape.length !== first.shape.length) return undefined;
      return [piece(owner, 0, depthwise(first), 'depthwise'), piece(owner, 1, forward(second), 'pointwise', third)];
    case 'recurrent':
      return [first, second].flatMap((kernel, i) =>
        kernel?.shape.length === 2 ? [piece(owner, i, matrix(kernel, 'inputs first'), recurrentParts[i])] : [],
      );
    case 'conv recurrent':
      return [first, second].flatMap((kernel, i) =>
        kernel !== undefined && kernel.shape.length > 2 ? [piece(owner, i, forward(kernel), recurrentParts[i])] : [],
      );
    case 'batch norm':
      return batchNorm(owner);
    case 'normalisation':
      return [{ ...named(owner, 0), weight: first, kind: 'normalisation', order: 'outputs first' }];
    case 'einsum':
    case 'wrapper':
      return undefined;
  }
}

const recurrentParts = ['kernel', 'recurrent_kernel'];

const only = (owner: Owner, one: Piece, bias: Tensor | undefined): readonly WeightLayer[] => [
  piece(owner, 0, one, undefined, bias),
];

const piece = (owner: Owner, index: number, one: Piece, part?: string, bias?: Tensor): WeightLayer => ({
  ...named(owner, index, part),
  ...one,
  ...(bias?.shape.length === 1 ? { bias } : {}),
});
