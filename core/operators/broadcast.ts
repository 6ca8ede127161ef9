import type { Norm } from '../bound.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { above } from '../rounding.ts';
import { UserError } from '../sentence.ts';

/** Numpy's rule: sizes are aligned at the last axis, and 1 stretches. */
export function broadcastShape(shapes: readonly Shape[]): Shape {
  const axes = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: axes }, (_, axis) => {
    let size = 1;
    for (const shape of shapes) {
      const own = shape[axis - axes + shape.length] ?? 1;
      if (own === 1 || own === size) continue;
      if (size !== 1)
        throw new UserError(`Shapes ${shapes.map((s) => `[${s.join(', ')}]`).join(' and ')} do not broadcast.`);
      size = own;
    }
    return size;
  });
}

/** For every element of the broadcast tensor, the element it comes from. */
export function broadcastSource(from: Shape, to: Shape): Int32Array {
  const steps = new Array<number>(to.length).fill(0);
  let step = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    const size = from[axis]!;
    if (size !== 1) steps[axis + to.length - from.length] = step;
    step *= size;
  }
  return indicesByStep(to, steps, 0);
}

/** start + sum over axes of position x step, for every position of a tensor of this shape, row-major. */
export function indicesByStep(shape: Shape, steps: readonly number[], start: number): Int32Array {
  const indices = new Int32Array(elementCount(shape));
  const position = new Array<number>(shape.length).fill(0);
  let index = start;
  for (let i = 0; i < indices.length; i++) {
    indices[i] = index;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index += steps[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      index -= steps[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return indices;
}

/** How many output elements one input element is copied to when `from` is stretched to `to`. */
export const copiesOf = (from: Shape, to: Shape): number =>
  elementCount(from) === 0 ? 0 : elementCount(to) / elementCount(from);

/** The norm of "every element is copied `copies` times". */
export function copyGain(norm: Norm, copies: number): number {
  if (norm === 'l1') return copies;
  if (norm === 'linf') return copies === 0 ? 0 : 1;
  const root = Math.sqrt(copies);
  return Number.isInteger(root) ? root : above(root);
}
