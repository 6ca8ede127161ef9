import type { Dense } from '../../compute/linear-algebra/dense-products.ts';
import type { Choice, Parameters } from './choice.ts';
import type { Front } from './front.ts';
import type { SearchLaw, SearchUnit } from './search-problem.ts';

/** For each group: the sum over the columns, with their signs, of (z - centre s)^2 less what the law allows. */
export function gains(
  unit: SearchUnit,
  law: SearchLaw,
  z: Dense,
  y: Dense,
  s: Dense | undefined,
  signs: readonly number[],
): Float64Array {
  const sums = new Float64Array(unit.groups);
  const width = z.columns;
  for (let k = 0; k < unit.size; k++) {
    const [centre, total] = s === undefined ? [0, 0] : [law.centre[k]!, law.total[k]!];
    for (let c = 0; c < width; c++) {
      const own = s === undefined ? 0 : s.entries[k * width + c]!;
      const apart = z.entries[k * width + c]! - centre * own;
      sums[unit.groupOfVariable[k]!]! += signs[c]! * (apart * apart - total * own * own);
    }
  }
  for (let i = 0; i < unit.rowCount; i++)
    for (let c = 0; c < width; c++)
      sums[unit.groupOfRow[i]!]! -= signs[c]! * law.each[i]! * y.entries[i * width + c]! ** 2;
  return sums;
}

/** The derivative with respect to theta: of the law itself, and by way of q, of which the last of the signs is the price. */
export function thetaSlope(
  unit: SearchUnit,
  { law, multipliers, attained, q }: Choice,
  { theta, shape }: Parameters,
  before: Front,
  { z, y, s, signs }: { z: Dense; y: Dense; s: Dense; signs: readonly number[] },
): number {
  const slope = unit.lawSlope!(theta);
  const width = z.columns;
  let sum = 0;
  for (let k = 0; k < unit.size; k++)
    for (let c = 0; c < width; c++) {
      const own = s.entries[k * width + c]!;
      const apart = z.entries[k * width + c]! - law.centre[k]! * own;
      sum += signs[c]! * multipliers[k]! * (2 * apart * slope.centre[k]! * own + slope.total[k]! * own * own);
    }
  for (let i = 0; i < unit.rowCount; i++)
    for (let c = 0; c < width; c++)
      sum += signs[c]! * multipliers[unit.groupOfRow[i]!]! * slope.each[i]! * y.entries[i * width + c]! ** 2;
  const seen = before.gathered(unit.rows, before.blocks, attained);
  const sums = before.gathered(unit.sums, before.blocks, attained);
  let change = 0;
  seen.forEach((own, i) => (change += Math.exp(-shape[unit.groupOfRow[i]!]!) * slope.each[i]! * own * own));
  sums.forEach((own, k) => (change += Math.exp(-shape[k]!) * slope.total[k]! * own * own));
  return sum + (signs[width]! / q) * change;
}
