import type { Tensor } from '../../../network/tensor.ts';
import type { WeightLayer } from '../../../network/weight-layer.ts';
import { reshaped, transposed } from '../../tensorflow/weights.ts';

/** A weight in PyTorch's order of axes, and what it is. */
export type Piece = Pick<WeightLayer, 'weight' | 'kind' | 'order' | 'groups' | 'mayBeDepthwise'>;

export const matrix = (kernel: Tensor, order: 'inputs first' | 'unknown'): Piece => ({
  // What may be either is shown as PyTorch would have it.
  weight: order === 'unknown' ? transposed(kernel, [1, 0], kernel.name) : kernel,
  kind: 'dense',
  order,
});

/** Some axes of a kernel in, the others out: a matrix. */
export const matrixOfAxes = (kernel: Tensor, inputs: number): Piece => {
  const size = (axes: readonly number[]): number => axes.reduce((count, length) => count * length, 1);
  const shape = [size(kernel.shape.slice(0, inputs)), size(kernel.shape.slice(inputs))];
  return { weight: reshaped(kernel, kernel.name, shape), kind: 'dense', order: 'inputs first' };
};

/** [...kernel, in, out] as [out, in, ...kernel]. */
export const forward = (kernel: Tensor): Piece => ({
  weight: lastAxesFirst(kernel),
  kind: 'kernel',
  order: 'outputs first',
});

/** [...kernel, out, in] as [in, out, ...kernel]: the axes move in the same way. */
export const transposedConvolution = (kernel: Tensor): Piece => ({
  weight: lastAxesFirst(kernel),
  kind: 'kernel',
  order: 'inputs first',
});

export const eitherWay = (kernel: Tensor, mayBeDepthwise: boolean): Piece => ({
  weight: lastAxesFirst(kernel),
  kind: 'kernel',
  order: 'unknown',
  ...(mayBeDepthwise ? { mayBeDepthwise } : {}),
});

/** [...kernel, in, multiplier] as [in * multiplier, 1, ...kernel] in as many groups as there are inputs. */
export function depthwise(kernel: Tensor): Piece {
  const { length } = kernel.shape;
  const [inputs, multiplier] = kernel.shape.slice(-2) as [number, number];
  const taps = spatialAxes(kernel);
  const shape = [inputs * multiplier, 1, ...kernel.shape.slice(0, -2)];
  return {
    weight: transposed(kernel, [length - 2, length - 1, ...taps], kernel.name, shape),
    kind: 'kernel',
    order: 'outputs first',
    groups: inputs,
  };
}

const spatialAxes = ({ shape }: Tensor): number[] => shape.slice(0, -2).map((_, axis) => axis);

function lastAxesFirst(kernel: Tensor): Tensor {
  const { length } = kernel.shape;
  return transposed(kernel, [length - 1, length - 2, ...spatialAxes(kernel)], kernel.name);
}
