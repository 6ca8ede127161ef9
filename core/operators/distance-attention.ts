import { decimal } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { above } from '../rounding.ts';
import type { OperatorDefinition } from './definition.ts';
import { mixtureOf, sharesBy } from './dot-product-attention.ts';
import type { Enclosure } from './enclosure.ts';
import { required } from './facts.ts';
import { minus, plus, square, times, type Interval } from './interval.ts';

/**
 * Softmax(-s |q_i - q_j|^2) V in one node, which is how attention by distances (Kim, Papamakarios and Mnih, The Lipschitz Constant of Self-Attention, 2021) is
 * shown and bounded; inputs V and Q, whose rows fulfil |v_i - v_j| <= stretch |q_i - q_j|; s is the attribute scale. It only stands in the network that is analysed.
 *
 * With p a row of shares and o its mixture, the output moves by
 *   sum_j p_j dv_j  -  2 s sum_j p_j (v_j - o_i) (q_j - q_i).(dq_j - dq_i).
 * What keeps the second sum bounded on the whole space: with t_j = s |q_i - q_j|^2 and n rows, sum_j p_j t_j is at most c, the root of c exp(c + 1) = n - 1
 * (their lemma: at a stationary point all t_j are 1 + the sum), and one p_j t_j alone at most c for n = 2. The variance of the v around o is no larger than
 * around v_i, hence at most stretch^2 c / s. The shares of a row itself are its largest, so those of a column sum to at most (n + 1) / 2.
 */
export const distanceAttention: OperatorDefinition = {
  ops: ['DistanceAttention'],
  kind: () => 'attention',
  infer: (facts) => [required(facts, 0)],
  rule(facts) {
    const [n, width] = required(facts, 0).shape.slice(-2) as [number, number];
    const size = required(facts, 1).shape.at(-1)!;
    const stretch = decimal(facts.node, 'stretch', 1);
    const c = largestMean(n);
    const column = (n + 1) / 2;
    const others = n - 1;
    const coefficients = {
      // By Cauchy and Schwarz over the keys, and the columns of p_ij t_ij.
      l2: [Math.sqrt(column), 2 * stretch * (c + Math.sqrt(c * others * oneTerm))],
      linf: [1, 4 * stretch * c * Math.sqrt(size)],
      // |v_j - o_i| <= stretch (|q_j - q_i| + root of the mean square).
      l1: [column, 2 * stretch * Math.sqrt(width) * (c + others * (oneTerm + oneRoot * Math.sqrt(c)))],
    } as const;
    return {
      kind: 'join',
      inputs: [0, 1],
      combine: (norm, [ofValues, ofQueries]) => {
        const [direct, shifted] = coefficients[norm];
        return above((direct * ofValues! + shifted * ofQueries!) * (1 + 2 ** -40));
      },
    };
  },
  enclose(facts, [values, queries]) {
    if (values === undefined || queries === undefined) return [];
    return [mixtureOf(facts, sharesBy(facts, scoresOf(queries, decimal(facts.node, 'scale', 1))), values)];
  },
};

/** -scale |q_i - q_j|^2. */
function scoresOf({ shape, lower: from, upper: to }: Enclosure, scale: number): Enclosure {
  const [n, size] = shape.slice(-2) as [number, number];
  const heads = elementCount(shape.slice(0, -2));
  const lower = new Float64Array(heads * n * n);
  const upper = lower.slice();
  for (let at = 0; at < lower.length; at++) {
    const [i, j] = [Math.floor(at / n), Math.floor(at / (n * n)) * n + (at % n)];
    let sum: Interval = [0, 0];
    for (let k = 0; i !== j && k < size; k++) {
      const [one, other] = [i * size + k, j * size + k];
      sum = plus(sum, square(minus([from[one]!, to[one]!], [from[other]!, to[other]!])));
    }
    [lower[at], upper[at]] = times(sum, [-scale, -scale]) as [number, number];
  }
  return { shape: [...shape.slice(0, -1), n], lower, upper };
}

/** The largest t exp(-t) / (1 + exp(-t)), rounded up. */
const oneTerm = 0.27846455;
/** The largest sqrt(t) exp(-t) / (1 + exp(-t)), rounded up. */
const oneRoot = 0.279;

/** The root of c exp(c + 1) = n - 1, rounded up. */
function largestMean(n: number): number {
  let [low, high] = [0, Math.max(1, Math.log(n))];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (middle * Math.exp(middle + 1) > (n - 1) * (1 + 2 ** -40)) high = middle;
    else low = middle;
  }
  return n === 1 ? 0 : high;
}
