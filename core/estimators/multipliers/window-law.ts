import { unit as roundoff } from '../../rounding.ts';

/**
 * The maximum over a window of k elements y changes by p'y, p a mean of unit vectors (and of 0 where it is floored by a ReLU).
 * Whatever is the case for these vertices is the case for p: (p - c 1)(p - c 1)' <= S makes z = p'y obey
 *   (z - c sum y)^2 <= y'S y = each sum y^2 + total (sum y)^2,
 * S a multiple of the identity plus one of the matrix of ones (FINDINGS: Samuelson's inequality, and the same with 0). For a
 * matrix S = s1 (I - J) + s2 J, J = 11'/k, a vertex v is inside when v'S^-1 v <= 1.
 */
export interface WindowLaw {
  readonly centre: number;
  readonly each: number;
  readonly total: number;
}

/** How far 0 is left behind where the centre c = theta / k lies: where the search begins, and between what it stays. */
export const thetaRange = { least: 0.55, first: 0.85, most: 0.995 };

/** Of the two directions' lengths, so that no rounding of what is computed here takes a vertex outside. */
const reserve = (count: number): number => 1 + 1e-12 + 5e-14 * count;

export function windowLaw(count: number, floored: boolean, theta: number): WindowLaw {
  if (!floored) {
    const along = 1e-11;
    const each = (1 - 1 / count) * reserve(count) + along;
    return { centre: 1 / count, each, total: (along - each) / count };
  }
  const along = ((theta * theta) / count) * reserve(count);
  const rest = (1 - theta) / theta;
  const each = ((1 - 1 / count) / (1 - rest * rest)) * reserve(count) + 1e-15;
  return { centre: theta / count, each, total: (along - each) / count };
}

/** How a floored law changes with theta. */
export function windowLawSlope(count: number, theta: number): WindowLaw {
  const rest = (1 - theta) / theta;
  const each = ((1 - 1 / count) * 2 * rest * (-1 / (theta * theta))) / (1 - rest * rest) ** 2;
  return { centre: 1 / count, each, total: ((2 * theta) / count - each) / count };
}

/** Whether the vertices lie inside for the numbers as they stand, rounding of this very check included. */
export function windowLawHolds({ centre, each, total }: WindowLaw, count: number, floored: boolean): boolean {
  const along = each + total * count - 4 * roundoff * (each + Math.abs(total) * count);
  if (!(along > 0 && each > 0)) return false;
  const beside = Math.abs(1 - centre * count) + 4 * roundoff;
  const vertex = (beside * beside) / count / along + (1 - 1 / count) / each;
  const origin = floored ? (centre * centre * count) / along : 0;
  return Math.max(vertex, origin) <= 1 - 16 * roundoff;
}
