import { above, gamma, tiny } from '../../rounding.ts';
import { type Chain, type LayerMatrix, type SlopeRange, transposed } from '../slope-recursion/chain.ts';

/**
 * The absolute sum of a row of a chain's Jacobian is the largest value of
 *   p(d) = c' D_L W_L .. D_1 W_1 D_0 1
 * over diagonal matrices: D_0 are the signs of the entries of the row, the others the slopes of the activations. It is linear in each of its variables, and so largest at a corner, where every one
 * is at an end of its range.
 */
export interface RowPolynomial {
  /** Of each kind of variables, how many there are, and between which ends. The signs are one kind. */
  readonly kinds: readonly Kind[];
  /** One fewer than there are kinds: from one to the next. */
  readonly matrices: readonly LayerMatrix[];
  /** What arrives at the first kind, and what the last one counts at the end. */
  readonly first: Float64Array;
  readonly last: Float64Array;
}

export interface Kind extends SlopeRange {
  readonly count: number;
  /** Position of the first one among all variables. */
  readonly start: number;
}

const signs: SlopeRange = { low: -1, high: 1 };

export function rowPolynomial({ layers, slopes }: Chain, row: number): RowPolynomial {
  const kinds: Kind[] = [];
  let start = 0;
  layers.forEach(({ columns }, at) => {
    kinds.push({ ...(at === 0 ? signs : slopes[at - 1]!), count: columns, start });
    start += columns;
  });
  const { columns, entries } = layers.at(-1)!;
  return {
    kinds,
    matrices: layers.slice(0, -1),
    first: new Float64Array(kinds[0]!.count).fill(1),
    last: entries.slice(row * columns, (row + 1) * columns),
  };
}

/** The same polynomial read from the output to the input: its bounds are other sums. */
export function backwards({ kinds, matrices, first, last }: RowPolynomial): RowPolynomial {
  const turned = transposed({ layers: matrices, slopes: [] }).layers;
  let start = 0;
  const renumbered = kinds.toReversed().map((kind) => {
    const own = { ...kind, start };
    start += kind.count;
    return own;
  });
  return { kinds: renumbered, matrices: turned, first: last, last: first };
}

export const variablesOf = ({ kinds }: RowPolynomial): number => kinds.reduce((sum, { count }) => sum + count, 0);

/** Multiplications that one look at all variables takes, about. */
export const costOf = ({ layers }: Chain): number =>
  layers.reduce((sum, { rows, columns }) => sum + 6 * rows * columns, 0);

/**
 * How large what arrives at each variable, what leaves from it to the output, and p itself can get, all in absolute values: everything that is rounded is rounded relative to these.
 */
export interface Sizes {
  readonly arriving: Float64Array;
  readonly leaving: Float64Array;
  readonly whole: number;
}

export function sizesOf({ kinds, matrices, first, last }: RowPolynomial): Sizes {
  const variables = kinds.reduce((sum, { count }) => sum + count, 0);
  const [arriving, leaving] = [new Float64Array(variables), new Float64Array(variables)];
  const steep = ({ low, high }: SlopeRange): number => Math.max(Math.abs(low), Math.abs(high));
  arriving.set(first.map(Math.abs));
  matrices.forEach(({ rows, columns, entries }, at) => {
    const [before, behind] = [kinds[at]!, kinds[at + 1]!];
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += Math.abs(entries[i * columns + j]!) * arriving[before.start + j]!;
      arriving[behind.start + i] = enlarged(steep(before) * sum, columns);
    }
  });
  leaving.set(last.map(Math.abs), kinds.at(-1)!.start);
  for (let at = matrices.length - 1; at >= 0; at--) {
    const { rows, columns, entries } = matrices[at]!;
    const [before, behind] = [kinds[at]!, kinds[at + 1]!];
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += Math.abs(entries[i * columns + j]!) * leaving[behind.start + i]!;
      leaving[before.start + j] = enlarged(steep(behind) * sum, rows);
    }
  }
  const whole = first.reduce((sum, own, i) => sum + Math.abs(own) * leaving[i]!, 0);
  return { arriving, leaving, whole: enlarged(steep(kinds[0]!) * whole, first.length) };
}

/** A sum of products of numbers that are at least 0, with what rounding may have taken from it. */
const enlarged = (sum: number, terms: number): number => above(sum * (1 + gamma(2 * terms + 8)) + terms * tiny);
