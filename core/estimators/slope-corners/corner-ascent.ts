import { seededVector } from '../../compute/linear-algebra/euclidean.ts';
import type { Decisions } from './corner-bound.ts';
import { type Kind, type RowPolynomial, variablesOf } from './row-polynomial.ts';

const mostRounds = 50;

/**
 * The value of p at a large corner, as computed: each kind of variables in turn gets the ends that are best for what the others are, until that helps no more. It proves nothing. `from`: where every
 * variable is at an end.
 */
export function climbed(polynomial: RowPolynomial, from: Decisions): number {
  const corner = from.slice();
  let best = 0;
  for (let round = 0; round < mostRounds; round++) {
    let value = 0;
    for (let at = 0; at < polynomial.kinds.length; at++) value = choose(polynomial, corner, at);
    if (!(value > best * (1 + 1e-12))) break;
    best = value;
  }
  return best;
}

export function randomCorners(polynomial: RowPolynomial, count: number): readonly Decisions[] {
  const variables = variablesOf(polynomial);
  const numbers = seededVector(count * variables, 7);
  return Array.from({ length: count }, (_, k) =>
    Int8Array.from({ length: variables }, (__, i) => (numbers[k * variables + i]! < 0 ? -1 : 1)),
  );
}

/** The best ends of one kind for those of the others; the value of p with them. */
function choose({ kinds, matrices, first, last }: RowPolynomial, corner: Decisions, chosen: number): number {
  let arriving = first;
  for (let at = 0; at < chosen; at++) {
    const { rows, columns, entries } = matrices[at]!;
    const scaled = atCorner(kinds[at]!, corner, arriving);
    arriving = new Float64Array(rows);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) arriving[i]! += entries[i * columns + j]! * scaled[j]!;
  }
  let leaving = last;
  for (let at = matrices.length - 1; at >= chosen; at--) {
    const { rows, columns, entries } = matrices[at]!;
    const scaled = atCorner(kinds[at + 1]!, corner, leaving);
    leaving = new Float64Array(columns);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) leaving[j]! += entries[i * columns + j]! * scaled[i]!;
  }
  const { start, count, low, high } = kinds[chosen]!;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const product = arriving[i]! * leaving[i]!;
    corner[start + i] = product < 0 ? -1 : 1;
    sum += product * (product < 0 ? low : high);
  }
  return sum;
}

const atCorner = ({ start, low, high }: Kind, corner: Decisions, values: Float64Array): Float64Array =>
  values.map((value, i) => value * (corner[start + i]! < 0 ? low : high));
