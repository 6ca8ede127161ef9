import { text, type Attribute } from '../network/network.ts';
import { numbersOf, type Shape, type Tensor } from '../network/tensor.ts';
import { broadcastSource } from './broadcast.ts';
import type { NodeFacts } from './definition.ts';
import type { Enclosure } from './enclosure.ts';
import { over, plus, times, type Interval } from './interval.ts';

/**
 * What becomes of the product of a query and a key before it is a score, one step after the other, each with a constant: multiplied or divided by a number, shifted (-Infinity hides), or
 * replaced by the number that stands there, where that is not 0.
 */
export const scoreSteps = ['times', 'over', 'added', 'instead'] as const;
export type ScoreStep = (typeof scoreSteps)[number];

/** As an attribute of DotProductAttention, whose further inputs are the constants in the same order. */
export const stepsAttribute = (steps: readonly ScoreStep[]): readonly [string, Attribute] => [
  'steps',
  { kind: 'string', value: steps.join(' ') },
];

interface Step {
  readonly kind: ScoreStep;
  readonly constant: Tensor;
}

/** Behind queries, keys and values. */
const stepsOf = (facts: NodeFacts): readonly Step[] =>
  text(facts.node, 'steps', '')
    .split(' ')
    .flatMap((name, k) => {
      const kind = scoreSteps.find((one) => one === name);
      return kind === undefined ? [] : [{ kind, constant: facts.constant(3 + k)! }];
    });

/** What the products are multiplied by in all. */
export const scaleOf = (facts: NodeFacts): Interval =>
  stepsOf(facts).reduce<Interval>(
    (scale, { kind, constant }) => {
      if (kind !== 'times' && kind !== 'over') return scale;
      const number = numbersOf(constant)[0]!;
      return kind === 'times' ? times(scale, [number, number]) : over(scale, [number, number])!;
    },
    [1, 1],
  );

/** Whether a score is a number of the file: its key has a share, but does not move it. undefined where none is. */
export function numbersInstead(facts: NodeFacts, shape: Shape): ((place: number) => boolean) | undefined {
  const masks = stepsOf(facts)
    .filter(({ kind }) => kind === 'instead')
    .map(({ constant }) => stretched(constant, shape))
    .filter((mask) => mask.some(stands));
  return masks.length === 0 ? undefined : (place) => masks.some((mask) => stands(mask[place]!));
}

/** What is hidden has no share at all. */
const stands = (number: number): boolean => number !== 0 && number !== Number.NEGATIVE_INFINITY;

function stretched(constant: Tensor, shape: Shape): Float64Array {
  const numbers = numbersOf(constant);
  return Float64Array.from(broadcastSource(constant.shape, shape), (from) => numbers[from]!);
}

const hidden: Interval = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];

const image: Readonly<Record<ScoreStep, (score: Interval, number: number) => Interval>> = {
  // What is hidden stays so: behind a mask no scale is negative.
  times: (score, number) => (score[1] === Number.NEGATIVE_INFINITY ? hidden : times(score, [number, number])),
  over: (score, number) => (score[1] === Number.NEGATIVE_INFINITY ? hidden : over(score, [number, number])!),
  added(score, number) {
    if (number === 0) return score;
    const hides = number === Number.NEGATIVE_INFINITY || score[1] === Number.NEGATIVE_INFINITY;
    return hides ? hidden : plus(score, [number, number]);
  },
  instead: (score, number) => (number === 0 ? score : [number, number]),
};

/** The scores that become of products of queries and keys. */
export function scoresFrom(facts: NodeFacts, products: Enclosure): Enclosure {
  const { shape } = products;
  const lower = products.lower.slice();
  const upper = products.upper.slice();
  for (const { kind, constant } of stepsOf(facts)) {
    const numbers = stretched(constant, shape);
    for (let i = 0; i < lower.length; i++)
      [lower[i], upper[i]] = image[kind]([lower[i]!, upper[i]!], numbers[i]!) as [number, number];
  }
  return { shape, lower, upper };
}
