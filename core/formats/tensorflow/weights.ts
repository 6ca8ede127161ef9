import { recentlyMade } from '../recently-made.ts';
import { bytesPerElement, elementCount, type Shape, type Tensor } from '../../network/tensor.ts';

/** The weights with their axes in another order, moved when somebody asks for them. `shape` may merge or split axes afterwards. */
export function transposed(tensor: Tensor, perm: readonly number[], name: string, shape?: Shape): Tensor {
  const moved = perm.map((axis) => tensor.shape[axis]!);
  const { type } = tensor;
  if (type === 'string') return tensor;
  return {
    name,
    type,
    shape: shape ?? moved,
    bytes: recentlyMade(
      () => permuted(tensor.bytes(), tensor.shape, perm, bytesPerElement[type]),
      ({ length }) => length,
    ),
  };
}

function permuted(bytes: Uint8Array, shape: Shape, perm: readonly number[], width: number): Uint8Array {
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const sizes = perm.map((axis) => shape[axis]!);
  const steps = perm.map((axis) => strides[axis]!);
  const count = elementCount(shape);
  const result = new Uint8Array(count * width);
  const index = sizes.map(() => 0);
  let from = 0;
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < width; k++) result[i * width + k] = bytes[from * width + k]!;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < sizes[axis]!) break;
      from -= steps[axis]! * sizes[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** The same numbers under another name and shape. */
export const reshaped = (tensor: Tensor, name: string, shape: Shape): Tensor => ({ ...tensor, name, shape });
