import { elementCount, isFloating, type Tensor } from '../../../network/tensor.ts';
import type { WeightLayer } from '../../../network/weight-layer.ts';
import { batchNorm } from './batch-norm.ts';
import { knownClass } from './classes.ts';
import {
  depthwise,
  eitherWay,
  forward,
  matrix,
  matrixOfAxes,
  transposedConvolution,
  type Piece,
} from './kernel-forms.ts';
import { named, type Owner } from './owner.ts';

/**
 * A layer that somebody named, so that the file does not say its class, or one of a class of the user: what shapes and bias tell, and a
 * sentence where they do not.
 */
export function layersByShape(owner: Owner): readonly WeightLayer[] {
  const tensors = owner.variables.map(({ tensor }) => tensor);
  if (tensors.length === 4 && /norm|bn/iu.test(owner.name)) {
    const normalisation = batchNorm(owner);
    if (normalisation !== undefined) return normalisation;
  }
  const kernels = owner.variables.flatMap(({ name, tensor }, index) =>
    isKernel(tensor) && name !== 'bias' && !isBias(tensor, tensors[0]!) ? [{ tensor, index }] : [],
  );
  const vectors = tensors.filter(({ shape }) => shape.length === 1);
  const bias = kernels.length === 1 && vectors.length === 1 ? vectors[0] : undefined;
  return kernels.map(({ tensor, index }) => {
    // What a model holds itself has no other name than its own.
    const alone = kernels.length === 1 && owner.name !== '';
    const base = named(owner, index, alone ? undefined : (owner.variables[index]!.name ?? `vars.${index}`));
    const piece = pieceOf(owner, tensor, bias);
    if (typeof piece === 'string') return { ...base, weight: tensor, kind: 'unknown', order: 'unknown', doubt: piece };
    return { ...base, ...piece, ...(bias === undefined ? {} : { bias }) };
  });
}

const isKernel = ({ type, shape }: Tensor): boolean => isFloating(type) && shape.length >= 2 && elementCount(shape) > 1;

/** Of heads: as the last axes of the kernel are. */
const isBias = ({ shape }: Tensor, kernel: Tensor): boolean =>
  shape.length < kernel.shape.length && shape.join() === kernel.shape.slice(-shape.length).join();

function pieceOf(owner: Owner, kernel: Tensor, bias: Tensor | undefined): Piece | string {
  const { shape } = kernel;
  const [last, before] = [shape.at(-1)!, shape.at(-2)!];
  if (shape.length === 2) {
    // A layer that turns its input into as many numbers as its bias has multiplies it from the left, as all of Keras does.
    const told = bias?.shape[0] === last && last !== before && knownClass(owner.className) === undefined;
    return matrix(kernel, told ? 'inputs first' : 'unknown');
  }
  const key = owner.path.split('/').at(-1)!;
  if (shape.length === 3 && /^_?(?:query|key|value)(?:_dense)?$/u.test(key)) return matrixOfAxes(kernel, 1);
  if (shape.length === 3 && /^_?(?:output_dense|attention_output)$/u.test(key)) return matrixOfAxes(kernel, 2);
  if (knownClass(owner.className)?.kind === 'einsum')
    return 'the file does not say by which equation this EinsumDense multiplies';
  if (shape.length > 5 || (shape.length === 3 && !/conv/iu.test(owner.name)))
    return `the file does not say what kind of layer it is, and its ${shape.join(' × ')} numbers may be used in several ways`;
  return convolutionOf(kernel, bias?.shape[0], [before, last]);
}

/** A bias has a number for each output: last axis, the one before, or both of a depthwise layer. */
function convolutionOf(kernel: Tensor, outputs: number | undefined, [before, last]: readonly [number, number]): Piece {
  if (outputs === undefined) return eitherWay(kernel, true);
  const fits = {
    forward: outputs === last,
    transposed: outputs === before,
    // Of one channel it is the convolution.
    depthwise: outputs === before * last && before !== 1,
  };
  switch ([fits.forward, fits.transposed, fits.depthwise].filter(Boolean).length) {
    case 1:
      return fits.forward ? forward(kernel) : fits.transposed ? transposedConvolution(kernel) : depthwise(kernel);
    default:
      return eitherWay(kernel, fits.depthwise || !(fits.forward || fits.transposed));
  }
}
