import type { LipschitzRule } from '../definition.ts';
import type { Enclosure } from '../enclosure.ts';
import { minus, over, plus, square, times, type Interval } from '../interval.ts';
import { groupMap } from '../maps/group-map.ts';
import { encloseStandardised, rootOf } from '../standardised.ts';
import { centredPart, isBounded, type CentredPart } from './centred-step.ts';

/** Entries of all matrices together. */
const mostEntries = 4e6;

/**
 * y_i = w_i (x_i - mean) / s with s^2 = variance + epsilon (or without the mean): the derivative of y_i by x_k is w_i (1 [i = k] - 1/n - u_i u_k / n) / s with u the
 * standardised entries (without the 1/n). undefined where s can come close to 0, or a group is too large.
 */
function standardisedPart(
  box: Enclosure,
  size: number,
  epsilon: number,
  by: 'variance' | 'mean square',
  weight: (group: number, entry: number) => number,
): CentredPart | undefined {
  const count = box.lower.length;
  if (count * size > mostEntries || !isBounded(box)) return undefined;
  const unit = encloseStandardised(box, size, epsilon, by, () => [1, 0]);
  const lower = new Float64Array(count * size);
  const upper = lower.slice();
  const [one, n]: readonly [Interval, Interval] = [[1, 1], [size, size]]; // prettier-ignore
  const share: Interval = by === 'variance' ? over(one, n)! : [0, 0];
  for (let group = 0; group < count / size; group++) {
    const inverse = over(one, rootOf(box, group, size, epsilon, by));
    if (inverse === undefined) return undefined;
    const entry = (i: number): Interval => [unit.lower[group * size + i]!, unit.upper[group * size + i]!];
    for (let i = 0; i < size; i++) {
      const factor = times(inverse, [weight(group, i), weight(group, i)]);
      for (let k = 0; k < size; k++) {
        const straight: Interval = i === k ? minus(one, share) : minus([0, 0], share);
        const bent = over(i === k ? square(entry(i)) : times(entry(i), entry(k)), n)!;
        const [low, high] = times(factor, plus(straight, [-bent[1], -bent[0]]));
        const at = (group * size + i) * size + k;
        [lower[at], upper[at]] = [low, high];
      }
    }
  }
  const places = Int32Array.from({ length: count }, (_, i) => i);
  return centredPart({ input: 0 }, { lower, upper }, (entries) => groupMap(places, size, entries));
}

/** The rule, with its derivatives on these boxes. */
export function aroundMiddle(
  rule: LipschitzRule,
  box: Enclosure | undefined,
  size: number,
  epsilon: number,
  by: 'variance' | 'mean square',
  weight: (group: number, entry: number) => number,
): LipschitzRule {
  if (rule.kind !== 'gain' || box === undefined) return rule;
  return {
    ...rule,
    centred: () => {
      const part = standardisedPart(box, size, epsilon, by, weight);
      return part === undefined ? undefined : [{ size: box.lower.length, parts: [part] }];
    },
  };
}
