import { integer } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { above } from '../../rounding.ts';
import { floatingType } from '../composites/draft.ts';
import { positiveAxis, required, requiredOutput } from '../facts.ts';
import { leastDivisor, jumpsAtZero } from '../lengths.ts';
import { correction } from './hinges.ts';
import type { Profile } from './profile.ts';
import type { SmoothingRule } from './smoothing.ts';

/** How the divisor becomes smooth: it only grows, by at most `grows` widths, and bends by at most `bends` per width. */
interface SmoothDivisor {
  readonly grows: number;
  readonly bends: number;
  /** What bends without any kink. */
  readonly smooth: number;
  /** Half of the ramp's length where the floor begins, in widths; undefined where the length stays above the floor. */
  readonly ramp: number | undefined;
  readonly profile: Profile;
}

/**
 * x / d(x) with d = max(|x|_p, floor) becomes x / M(x), M smooth and no smaller than d. As |x|_2 <= |x|_p <= d it moves by |x|_2 (M - d) / (M d) <= (M - d) / a, where a > 0 is the least that d can be. With
 * m = M' and z = x / M, |z|_2 <= 1, its second derivative along (u, u), which says all (Banach: it is symmetric), is 2 (m u) (z (m u) - u) / M - z M''(u, u) / M.
 *
 * In l1, M has in the place of every |x_i| below w what |x_i| + (w - |x_i|)^2 / (2 w) is: at most w / 2 more, bending by 1 / w. As |m|_2 <= sqrt(n) and 0 <= m z <= 1 the matrix I - z m' has norm at most
 * (sqrt(n) + sqrt(n + 4)) / 2, so that the first part is at most (n + sqrt(n^2 + 4 n)) / a^2 <= 2 (n + 1) / a^2. Where the floor begins the ramp of `smoothHinges` lies around the kink, t to either side of it: at
 * most t / 4 more, bending by 1 / (2 t) times |m|_2^2. w = width and t = n width make the product of both sums least. In l2 only that ramp is needed, and the first part is at most 2 / a^2: with c the cosine
 * between u and x, it is no longer than (1 + c^2, 2 c sqrt(1 - c^2)).
 *
 * Next to 0 there is nothing of this: on its two sides the outputs lie 2 apart, and a continuous function in the place of the layer is no nearer to it than 1.
 */
const smoothNormalisation: SmoothingRule = (facts, _, ranges) => {
  const p = integer(facts.node, 'p', 2);
  const { shape } = required(facts, 0);
  const { shortest, floor } = leastDivisor(facts, ranges);
  const least = Math.max(shortest, floor);
  if (p === 2 && (floor === 0 || shortest > floor)) return undefined;
  if (!(least > 0)) return jumpsAtZero;
  const axis = positiveAxis(integer(facts.node, 'axis', -1), shape.length);
  const entries = shape[axis] ?? 1;
  const units = elementCount(requiredOutput(facts).shape);
  if (units === 0) return undefined;
  const { grows, bends, smooth, ramp, profile } = divisor(p, entries, floor, shortest > floor);
  const move = above((grows / least) * (1 + 2 ** -20));
  return {
    accuracy: above(move * above(Math.sqrt(units / entries))),
    each: [-move, move],
    curvature: above((bends / least) * (1 + 2 ** -20)),
    smooth: above((smooth / (least * least)) * (1 + 2 ** -48)),
    units,
    profiles: [profile],
    reach: 0,
    write(draft, output, width) {
      const x = facts.node.inputs[0]!;
      const number = (value: number): string => draft.scalar(floatingType(facts, 0), value);
      const floored = (tensor: string): string => (floor > 0 ? draft.node('Max', [tensor, number(floor)]) : tensor);
      const sizes = p === 1 ? draft.node('Abs', [x]) : x;
      const length = p === 1 ? draft.reduceSum(sizes, [axis], 1) : draft.reduceL2(x, [axis], 1);
      const rounded = p === 1 ? draft.node('Add', [length, draft.reduceSum(roundedOff(sizes), [axis], 1)]) : length;
      const corner =
        ramp === undefined
          ? undefined
          : correction(draft, number, rounded, { jump: 1, at: floor, direction: 1 }, -1, ramp * width);
      const whole = corner === undefined ? floored(rounded) : draft.node('Add', [floored(rounded), corner]);
      // The layer stays: what it divided by is put in the place of what it is to divide by.
      return draft.node('Mul', [output, draft.node('Div', [floored(length), whole])]);

      function roundedOff(size: string): string {
        const rest = draft.node('Sub', [number(width), draft.node('Min', [size, number(width)])]);
        return draft.node('Mul', [rest, draft.node('Div', [rest, number(2 * width)])]);
      }
    },
  };
};

function divisor(p: number, entries: number, floor: number, staysAbove: boolean): SmoothDivisor {
  const tip: Profile = {
    ...{ kind: 'corner', at: 0, left: -1, right: 1, start: -1, shift: 0 },
    hinges: [
      { jump: 1, direction: 1 },
      { jump: 1, direction: -1 },
    ],
  };
  const foot: Profile = {
    ...{ kind: 'corner', at: floor, left: 0, right: 1, start: -1, shift: 0 },
    hinges: [{ jump: 1, direction: 1 }],
  };
  if (p === 2) return { grows: 1 / 4, bends: 1 / 2, smooth: 2, ramp: 1, profile: foot };
  const smooth = 2 * (entries + 1);
  return floor === 0 || staysAbove
    ? { grows: entries / 2, bends: 1, smooth, ramp: undefined, profile: tip }
    : { grows: 0.75 * entries, bends: 1.5, smooth, ramp: entries, profile: tip };
}

export const normalisationSmoothings: Readonly<Record<string, SmoothingRule>> = {
  LpNormalization: smoothNormalisation,
};
