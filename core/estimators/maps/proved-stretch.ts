import type { Norm } from '../../bound.ts';
import { above, below, gamma } from '../../rounding.ts';
import type { MapPlane } from '../../report/map.ts';
import { normAbove, steepestDirection, type Small } from '../exact/jacobian-norm.ts';
import type { SliceBall } from './slice-ball.ts';

/** Never below the norm, on the ball, of any matrix within `error` of this one, entry by entry. */
export function stretchAbove(norm: Norm, matrix: Small, error: number, ball: SliceBall): number {
  if (ball.kind === 'usual') {
    const value = normAbove(norm, matrix, error);
    return ball.distortion === 0 ? value : above(above(value / Math.sqrt(1 - ball.distortion)));
  }
  const { rows, entries } = matrix;
  let most = 0;
  for (let k = 0; k < ball.corners.length; k += 2) {
    const [a, b] = [ball.corners[k]!, ball.corners[k + 1]!];
    const wrong = error * (Math.abs(a) + Math.abs(b));
    let length = 0;
    for (let i = 0; i < rows; i++) {
      const [p, q] = [a * entries[2 * i]!, b * entries[2 * i + 1]!];
      const moved = Math.abs(p + q) + wrong + gamma(4) * (Math.abs(p) + Math.abs(q));
      length = norm === 'linf' ? Math.max(length, moved) : length + moved;
    }
    most = Math.max(most, length);
  }
  return above(ball.factor * most * (1 + gamma(rows + 4)));
}

/** Never above that norm. */
export function stretchBelow(
  norm: Norm,
  matrix: Small,
  error: number,
  ball: SliceBall,
  lengthOfStep: StepLength,
): number {
  // prettier-ignore
  const { rows, columns } = matrix;
  const direction =
    ball.kind === 'usual' ? steepestDirection(norm, matrix) : steepestCorner(norm, matrix, ball.corners);
  let [total, squares, most, steps] = [0, 0, 0, 0];
  for (let j = 0; j < columns; j++) steps += Math.abs(direction[j]!);
  for (let i = 0; i < rows; i++) {
    let [sum, size] = [0, 0];
    for (let j = 0; j < columns; j++) {
      const product = matrix.entries[i * columns + j]! * direction[j]!;
      sum += product;
      size += Math.abs(product);
    }
    const moved = Math.max(0, Math.abs(sum) - above(gamma(columns + 3) * size + 1.001 * error * steps));
    total += moved;
    squares += moved * moved;
    most = Math.max(most, moved);
  }
  const length = norm === 'l1' ? total : norm === 'l2' ? Math.sqrt(squares) : most;
  return Math.max(0, below((length * (1 - gamma(rows + 6))) / lengthOfStep(direction)));
}

/** Never below the length of a step, in the input: of a direction of the plane, or of the input itself. */
export type StepLength = (direction: Float64Array) => number;

export const lengthAbove = (norm: Norm, vector: ArrayLike<number>): number => {
  let [sum, squares, most] = [0, 0, 0];
  for (let i = 0; i < vector.length; i++) {
    const size = Math.abs(vector[i]!);
    sum += size;
    squares += size * size;
    most = Math.max(most, size);
  }
  const length = norm === 'l1' ? sum : norm === 'l2' ? Math.sqrt(squares) : most;
  return above(length * (1 + gamma(vector.length + 6)));
};

/** Never below the length, in the input, of a step in the plane; the step itself may be a rounding short. */
export function stepAbove({ axes, first, second }: MapPlane, norm: Norm, du: number, dv: number): number {
  if (axes !== null) return lengthAbove(norm, [du, dv]) * (1 + 2 ** -50);
  const step = Float64Array.from(first, (value, i) => {
    const [a, b] = [Math.abs(du * value), Math.abs(dv * second[i]!)];
    return Math.abs(du * value + dv * second[i]!) + above(gamma(4) * (a + b));
  });
  return lengthAbove(norm, step) * (1 + 2 ** -50);
}

function steepestCorner(norm: Norm, { rows, entries }: Small, corners: Float64Array): Float64Array {
  let [most, best] = [-1, 0];
  for (let k = 0; k < corners.length; k += 2) {
    let length = 0;
    for (let i = 0; i < rows; i++) {
      const moved = Math.abs(corners[k]! * entries[2 * i]! + corners[k + 1]! * entries[2 * i + 1]!);
      length = norm === 'linf' ? Math.max(length, moved) : length + moved;
    }
    if (length > most) [most, best] = [length, k];
  }
  return corners.slice(best, best + 2);
}
