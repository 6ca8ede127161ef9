import { integer } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { above } from '../../rounding.ts';
import { floatingType } from '../composites/draft.ts';
import type { NodeFacts } from '../definition.ts';
import { required, requiredOutput } from '../facts.ts';
import type { Smoothing, SmoothingVariant } from './smoothing.ts';

/** Comparisons that do not touch each other: [the place of what comes first, the place of what comes later]. */
export type Round = readonly (readonly [number, number])[];

/**
 * The rounds of a sorting network (Knuth, The Art of Computer Programming 3, 5.2.2, Algorithm M: Batcher's merge exchange): t (t + 1) / 2 rounds sort up to 2^t entries.
 */
export function sortingRounds(entries: number): readonly Round[] {
  const largest = 2 ** Math.ceil(Math.log2(Math.max(2, entries))) / 2;
  const round = (p: number, rest: number, distance: number): Round =>
    Array.from({ length: Math.max(0, entries - distance) }, (_, i) => i)
      .filter((i) => (i & p) === rest)
      .map((i) => [i, i + distance]);
  const rounds: Round[] = [];
  for (let p = largest; p >= 1; p /= 2) {
    rounds.push(round(p, 0, p));
    for (let q = largest; q > p; q /= 2) rounds.push(round(p, p, q - p));
  }
  return rounds;
}

/** Only what the first entries of the result depend on. */
export function roundsFor(entries: number, wanted: number): readonly Round[] {
  const needed = new Set(Array.from({ length: wanted }, (_, i) => i));
  return sortingRounds(entries)
    .toReversed()
    .map((round) => {
      const own = round.filter((pair) => pair.some((place) => needed.has(place)));
      own.flat().forEach((place) => needed.add(place));
      return own;
    })
    .filter((round) => round.length > 0)
    .toReversed();
}

/** What is written down grows with the number of entries. */
const mostSorted = 2 ** 13;

/**
 * Sorting by rounds of comparisons, each a smooth maximum and what it leaves of the sum, nu log 2 above and below the two at most (half of it when centred). A comparison with weights p and 1 - p has the
 * doubly stochastic Jacobian [p, 1-p; 1-p, p], of norm 1, whose change is 2 |dp| <= |d(a - b)| / (2 nu) <= |d| / (sqrt(2) nu). So is a round of them: they share no entries. Rounds with Jacobians of
 * norm 1 on either side: what c comparisons of a round move, nu log 2 sqrt(2 c), adds up over the rounds, and so does how fast they bend.
 */
export function smoothSorting(facts: NodeFacts, variant: SmoothingVariant, axis: number): Smoothing | string {
  const { node } = facts;
  const { shape } = required(facts, 0);
  const size = shape[axis]!;
  const count = requiredOutput(facts).shape[axis]!;
  if (size > mostSorted) return `it sorts ${size} entries, more than the ${mostSorted} that are written out`;
  const falling = integer(node, 'largest', 1) === 1;
  const lines = elementCount(shape) / Math.max(1, size);
  const rounds = roundsFor(size, count);
  const each = variant === 'one-sided' ? Math.LN2 : Math.LN2 / 2;
  const moved = rounds.reduce((sum, round) => above(sum + above(Math.sqrt(2 * round.length * lines))), 0);
  // A round keeps the largest distance between entries from growing, too.
  const entry = above(each * (1 + 2 ** -20) * rounds.length);
  return {
    accuracy: above(each * (1 + 2 ** -20) * moved),
    each: [-entry, entry],
    curvature: above((rounds.length / Math.SQRT2) * (1 + 1e-15)),
    smooth: 0,
    units: elementCount(requiredOutput(facts).shape),
    profiles: [{ kind: 'extreme', sign: 1, shift: each }],
    reach: 0,
    write(draft, _, width) {
      const type = floatingType(facts, 0);
      const [backwards, wide, offset] = [-width, width, each * width].map((value) => draft.scalar(type, value));
      const column = [size, ...shape.slice(axis + 1).map(() => 1)];
      const sorted = rounds.reduce((entries, round) => {
        const partners = Array.from({ length: size }, (__, i) => i);
        const signs = new Array<number>(size).fill(0);
        for (const [first, later] of round) {
          [partners[first], partners[later]] = [later, first];
          [signs[first], signs[later]] = falling ? [1, -1] : [-1, 1];
        }
        const pair = [entries, draft.node('Gather', [entries, draft.integers(partners)], { axis })];
        const [largest, least] = [draft.node('Max', pair), draft.node('Min', pair)];
        const sign = draft.numbers(type, column, signs);
        const larger = signs.map((value) => value > 0);
        const kept = draft.node('Where', [draft.choice(column, larger), largest, least]);
        // log(e^a + e^b) = max + log(1 + e^-|a - b|), even in a - b and therefore smooth.
        const apart = draft.node('Div', [draft.node('Sub', [largest, least]), backwards!]);
        const more = draft.node('Sub', [draft.node('Mul', [draft.node('Softplus', [apart]), wide!]), offset!]);
        return draft.node('Add', [kept, draft.node('Mul', [more, sign])]);
      }, node.inputs[0]!);
      return count === size ? sorted : draft.slice(sorted, axis, 0, count);
    },
  };
}
