import type { Builder } from '../builder.ts';
import { listed } from './listed.ts';

/** A matrix (inputs x outputs) along one axis: that axis last, times the matrix, and back. */
export function alongAxis(
  b: Builder,
  from: string,
  axis: number,
  rank: number,
  [inputs, outputs]: readonly [number, number],
  fill: (matrix: number[]) => void,
): string {
  const matrix = listed(inputs * outputs, () => 0);
  fill(matrix);
  const perm = Array.from({ length: rank }, (_, i) => i);
  [perm[axis], perm[rank - 1]] = [rank - 1, axis];
  const product = b.emit('MatMul', [
    b.emit('Transpose', [from], { perm }),
    b.numbersConstant([inputs, outputs], matrix),
  ]);
  return b.emit('Transpose', [product], { perm });
}
