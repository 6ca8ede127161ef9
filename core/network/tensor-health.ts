import { isFloating } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/** The exponent in the highest 16 bits of an element; NaN and the infinities are exactly the numbers where it is all ones. */
const exponent = { float32: 0x7f80, bfloat16: 0x7f80, float64: 0x7ff0, float16: 0x7c00 } as const;
const halves = { float32: 2, bfloat16: 1, float64: 4, float16: 1 } as const;

/** How many elements are NaN or infinite: training that diverged leaves such weights, and no bound can be told with them. */
export function countNonFinite(tensor: Tensor): number {
  const type = tensor.type;
  if (!isFloatingType(type)) return 0;
  const bytes = tensor.bytes();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mask = exponent[type];
  const step = 2 * halves[type];
  let count = 0;
  for (let at = step - 2; at < bytes.length; at += step) {
    if ((view.getUint16(at, true) & mask) === mask) count++;
  }
  return count;
}

const isFloatingType = (type: Tensor['type']): type is keyof typeof exponent => isFloating(type);
