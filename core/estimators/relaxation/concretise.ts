import { lengthAbove } from '../../compute/linear-algebra/euclidean.ts';
import type { Region } from '../../region.ts';
import { above, gamma } from '../../rounding.ts';

/** No number of this function over the region exceeds what it answers. */
export type Highest = (row: Float64Array) => number;

/**
 * The largest value of a linear function of the input on a region: over a box its corner, over a ball its centre and the dual norm (Hoelder), which for l2 and l1 is far less than
 * the box around the ball.
 */
export function highestOn(region: Exclude<Region, { kind: 'all' }>): Highest {
  if (region.kind === 'box') {
    const middle = region.lower.map((low, i) => low + (region.upper[i]! - low) / 2);
    const radius = region.lower.map((low, i) => above(Math.max(region.upper[i]! - middle[i]!, middle[i]! - low, 0)));
    return (row) => {
      let [sum, size] = [0, 0];
      for (let i = 0; i < row.length; i++) {
        const [value, far] = [row[i]! * middle[i]!, Math.abs(row[i]!) * radius[i]!];
        sum += value + far;
        size += Math.abs(value) + far;
      }
      return above(sum + above(size * gamma(2 * row.length + 8)));
    };
  }
  const { center, radius, norm } = region;
  return (row) => {
    let [sum, size, total, largest] = [0, 0, 0, 0];
    for (let i = 0; i < row.length; i++) {
      const value = row[i]! * center[i]!;
      sum += value;
      size += Math.abs(value);
      total += Math.abs(row[i]!);
      largest = Math.max(largest, Math.abs(row[i]!));
    }
    const slack = gamma(2 * row.length + 8);
    const dual = norm === 'l1' ? largest : norm === 'linf' ? above(total * (1 + slack)) : lengthAbove(row);
    return above(above(sum + above(size * slack)) + above(radius * dual));
  };
}
