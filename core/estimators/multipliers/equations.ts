import { type Dense, zeros } from '../../compute/linear-algebra/dense-products.ts';
import type { OnRows, QuadraticForm } from './quadratic-form.ts';

/** tr(J M) for the square, J the identity on the input, and tr(T_k M) for each multiplier k with its terms T_k. */
export function traces({ layout, problem }: QuadraticForm, { matrix, acrossRows, betweenRows }: OnRows): Float64Array {
  const { terms, rowCount, variableCount: n, multiplierCount } = layout;
  const sums = new Float64Array(multiplierCount + 1);
  for (let i = 0; i < problem.sizes[0]!; i++) sums[0]! += matrix.entries[i * (n + 1)]!;
  for (const { multiplier, weight, zeta, a, b, variable, row } of terms) {
    const zz = matrix.entries[variable * (n + 1)]!;
    const zy = acrossRows.entries[variable * rowCount + row]!;
    const yy = betweenRows.entries[row * (rowCount + 1)]!;
    sums[multiplier + 1]! += weight * (zeta * (zeta * zz - (a + b) * zy) + a * b * yy);
  }
  return sums;
}

/** The same for a matrix that need not be symmetric, from the matrix, M Y' and M' Y'. */
export async function tracesOfAny(form: QuadraticForm, matrix: Dense): Promise<Float64Array> {
  const { layout, problem } = form;
  const { terms, rowCount, rows: firstRows, blocks, variableCount: n, multiplierCount } = layout;
  const half = zeros(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) half.entries[i * n + j] = (matrix.entries[i * n + j]! + matrix.entries[j * n + i]!) / 2;
  const across = (await form.acrossRows(half)).entries;
  const squares = new Float64Array(rowCount);
  for (const [at, { input, rows }] of problem.units.entries())
    for (const [block, { columns, entries }] of input)
      for (let i = 0; i < rows; i++) {
        const row = firstRows[at]! + i;
        let sum = 0;
        for (let j = 0; j < columns; j++)
          sum += entries[i * columns + j]! * across[(blocks[block]! + j) * rowCount + row]!;
        squares[row]! += sum;
      }
  const sums = new Float64Array(multiplierCount + 1);
  for (let i = 0; i < problem.sizes[0]!; i++) sums[0]! += half.entries[i * (n + 1)]!;
  for (const { multiplier, weight, zeta, a, b, variable, row } of terms)
    sums[multiplier + 1]! +=
      weight *
      (zeta * (zeta * half.entries[variable * (n + 1)]! - (a + b) * across[variable * rowCount + row]!) +
        a * b * squares[row]!);
  return sums;
}

/**
 * tr(A_k U A_l V) for all pairs (lower triangle), A_0 = J and A_k = T_k, row and column scaled by `scale`. For T = (p q' + q p')/2 that
 * is the sum of four products of two numbers such as q_k' U p_l.
 */
export function stepEquations({ layout, problem }: QuadraticForm, u: OnRows, v: OnRows, scale: Float64Array): Dense {
  const { terms, multiplierCount, variableCount: n, rowCount } = layout;
  const inputs = problem.sizes[0]!;
  const size = multiplierCount + 1;
  const equations = zeros(size, size);
  const e = equations.entries;
  for (let i = 0; i < inputs; i++)
    for (let j = 0; j < inputs; j++)
      e[0]! += scale[0]! * scale[0]! * u.matrix.entries[i * n + j]! * v.matrix.entries[i * n + j]!;
  for (const [r, term] of terms.entries()) {
    const { zeta, a, b, variable, row, multiplier } = term;
    const to = (multiplier + 1) * size;
    const own = term.weight * scale[multiplier + 1]!;
    let mixed = 0;
    for (let i = 0; i < inputs; i++) {
      const uz = zeta * u.matrix.entries[i * n + variable]!;
      const uy = u.acrossRows.entries[i * rowCount + row]!;
      const vz = zeta * v.matrix.entries[i * n + variable]!;
      const vy = v.acrossRows.entries[i * rowCount + row]!;
      mixed += (uz - a * uy) * (vz - b * vy) + (uz - b * uy) * (vz - a * vy);
    }
    e[to]! += 0.5 * own * scale[0]! * mixed;
    for (let s = 0; s <= r; s++) {
      const other = terms[s]!;
      const { zeta: zetaS, a: c, b: d } = other;
      const at = variable * n + other.variable;
      const across = variable * rowCount + other.row;
      const back = other.variable * rowCount + row;
      const between = row * rowCount + other.row;
      const both = zeta * zetaS;
      const uzz = both * u.matrix.entries[at]!;
      const uzy = zeta * u.acrossRows.entries[across]!;
      const uyz = zetaS * u.acrossRows.entries[back]!;
      const uyy = u.betweenRows.entries[between]!;
      const vzz = both * v.matrix.entries[at]!;
      const vzy = zeta * v.acrossRows.entries[across]!;
      const vyz = zetaS * v.acrossRows.entries[back]!;
      const vyy = v.betweenRows.entries[between]!;
      const upp = uzz - c * uzy - a * uyz + a * c * uyy;
      const uqq = uzz - d * uzy - b * uyz + b * d * uyy;
      const upq = uzz - d * uzy - a * uyz + a * d * uyy;
      const uqp = uzz - c * uzy - b * uyz + b * c * uyy;
      const vpp = vzz - c * vzy - a * vyz + a * c * vyy;
      const vqq = vzz - d * vzy - b * vyz + b * d * vyy;
      const vpq = vzz - d * vzy - a * vyz + a * d * vyy;
      const vqp = vzz - c * vzy - b * vyz + b * c * vyy;
      const value =
        0.25 * own * other.weight * scale[other.multiplier + 1]! * (uqp * vpq + uqq * vpp + upp * vqq + upq * vqp);
      e[to + other.multiplier + 1]! += value;
      // Two terms of one multiplier meet twice in its own square.
      if (r !== s && multiplier === other.multiplier) e[to + multiplier + 1]! += value;
    }
  }
  return equations;
}
