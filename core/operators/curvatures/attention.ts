import { decimal } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { above, gamma } from '../../rounding.ts';
import { attentionSpread, isFinite } from '../dot-product-attention.ts';
import { required } from '../facts.ts';
import type { CurvatureRule } from './curvature.ts';

const unbounded = 'the second derivative of attention grows with its queries, keys and values';

/**
 * Mixtures o_i = sum_j p_ij v_j with shares p_i = softmax of the scores s_i. Along one direction, which says all as the form is symmetric (Banach), with means and covariances by p_i:
 *   o_i'' = 2 cov(s', v') + E[(s' - E s')^2 (v - o_i)] + cov(s'', v).
 * No v_j is further from o_i than D = 2 d, d the largest deviation of the values. For products s_ij = f q_i.k_j the deviation of s_i' is at most f (K |q_i'| + Q y_i) with K that of the keys along a unit vector, Q the longest
 * query and y_i^2 = sum_j p_ij |k_j'|^2, and that of s_i'' = 2 f q_i'.k_j' at most 2 f |q_i'| y_i. Summed over the rows i: |q_i'|, y_i and z_i^2 = sum_j p_ij |v_j'|^2 have lengths of at most |q'|, sqrt(c) |k'| and sqrt(c) |v'|
 * with c the largest sum of a key's shares, and no y_i or z_i is above |k'| or |v'|. Heads add up by Cauchy and Schwarz, so the largest counts.
 */
const ofProducts: CurvatureRule = (facts, ranges) => {
  const [queries, keys, values] = ranges ?? [];
  if (!isFinite(queries) || !isFinite(keys) || !isFinite(values)) return unbounded;
  const { factor, inflate, heads } = attentionSpread(facts, queries, keys, values);
  return ([byQueries = 0, byKeys = 0, byValues = 0]) => {
    const each = heads.map(({ column, queryLength, keyDeviation, valueDeviation }) => {
      const root = Math.sqrt(column);
      const turning = keyDeviation * byQueries ** 2 * keyDeviation + 2 * keyDeviation * queryLength * byQueries * byKeys + root * (queryLength * byKeys) ** 2; // prettier-ignore
      return (
        2 * factor * (keyDeviation * byQueries + root * queryLength * byKeys) * byValues +
        2 * valueDeviation * factor * factor * turning +
        2 * factor * valueDeviation * byQueries * byKeys
      );
    });
    return above(each.reduce((most, bound) => Math.max(most, bound), 0) * inflate * inflate);
  };
};

/**
 * The same with s_ij = -s |q_i - q_j|^2: with e_i^2 = sum_j p_ij |q_i' - q_j'|^2 the deviation of s_i' is at most 2 s w e_i, w the largest distance of two queries, and cov(s'', v) at most 2 s D e_i^2. As e_i <= |q_i'| + y_i, its squares
 * have at most the length 2 (1 + sqrt(c)) |q'|^2.
 */
const ofDistances: CurvatureRule = (facts, ranges) => {
  const [values, queries] = ranges ?? [];
  if (!isFinite(queries) || !isFinite(values)) return unbounded;
  const scale = Math.abs(decimal(facts.node, 'scale', 1));
  const [rows, size] = required(facts, 1).shape.slice(-2) as [number, number];
  const root = Math.sqrt((rows + 1) / 2);
  const heads = elementCount(required(facts, 1).shape.slice(0, -2));
  const apart = Array.from({ length: heads }, (_, h) => [diagonal(queries, h), diagonal(values, h)] as const);
  return ([byValues = 0, byQueries = 0]) => {
    const each = apart.map(([wide, far]) => {
      const squares = 2 * (1 + root) * byQueries ** 2;
      return (
        4 * scale * wide * (1 + root) * byQueries * byValues + far * squares * (4 * (scale * wide) ** 2 + 2 * scale)
      );
    });
    return above(each.reduce((most, bound) => Math.max(most, bound), 0) * (1 + gamma(2 * size + 64)));
  };
};

/** The diagonal of the box of all rows of a head. */
function diagonal(
  {
    shape,
    lower,
    upper,
  }: { readonly shape: readonly number[]; readonly lower: Float64Array; readonly upper: Float64Array },
  head: number,
): number {
  // prettier-ignore
  const [rows, size] = shape.slice(-2) as [number, number];
  let squares = 0;
  for (let a = 0; a < size; a++) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < rows; i++) {
      const at = (head * rows + i) * size + a;
      [low, high] = [Math.min(low, lower[at]!), Math.max(high, upper[at]!)];
    }
    squares += above(high - low) ** 2;
  }
  return above(Math.sqrt(squares) * (1 + gamma(size + 8)));
}

export const attentionCurvatures: Readonly<Record<string, CurvatureRule>> = {
  DotProductAttention: ofProducts,
  DistanceAttention: ofDistances,
};
