import { addMultiple, dot, length } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { tridiagonalEigenvalues } from '../../compute/linear-algebra/tridiagonal.ts';

/** How the eigenvalues of a positive semidefinite map are spread, as Lanczos steps see it. */
export interface RitzMeasure {
  /** Ritz values with their weights, which sum to 1. */
  readonly nodes: readonly { readonly square: number; readonly weight: number }[];
  /** The leading eigenvalues that have converged to six digits, the largest first. */
  readonly converged: readonly number[];
}

const starts = 3;
const steps = 80;
/** Doubles that the basis may fill. */
const largestBasis = 4e7;
const agreement = 1e-6;

/** From some random starts, each with its own Lanczos steps, reorthogonalised. */
export async function ritzMeasure(
  apply: (x: Float64Array) => Promise<Float64Array>,
  startOf: (seed: number) => Float64Array,
  cost: number,
  pace: Pace,
): Promise<RitzMeasure> {
  const nodes: { square: number; weight: number }[] = [];
  let converged: readonly number[] = [];
  for (let seed = 1; seed <= starts; seed++) {
    const run = await lanczos(apply, startOf(100 + seed), cost, pace);
    nodes.push(...run.nodes.map(({ square, weight }) => ({ square, weight: weight / starts })));
    if (run.converged.length > converged.length) converged = run.converged;
    if (!pace.affords(2 * cost * steps)) {
      return { nodes: nodes.map(({ square, weight }) => ({ square, weight: (weight * starts) / seed })), converged };
    }
  }
  return { nodes, converged };
}

async function lanczos(
  apply: (x: Float64Array) => Promise<Float64Array>,
  start: Float64Array,
  cost: number,
  pace: Pace,
): Promise<RitzMeasure> {
  const limit = Math.max(2, Math.min(steps, start.length, Math.floor(largestBasis / start.length)));
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  let next = start;
  let norm = length(start);
  while (basis.length < limit && norm > 1e-13 * Math.abs(diagonal[0] ?? 0)) {
    const scale = norm;
    const q = next.map((value) => value / scale);
    basis.push(q);
    next = Float64Array.from(await apply(q));
    diagonal.push(dot(q, next));
    for (let pass = 0; pass < 2; pass++) for (const v of basis) addMultiple(next, -dot(v, next), v);
    norm = length(next);
    offDiagonal.push(norm);
    if (pace.due(cost + 8 * basis.length * next.length)) await pace.rest();
  }
  const left = offDiagonal.pop() ?? 0;
  const pairs = tridiagonalEigenvalues(diagonal, offDiagonal);
  const largest = pairs[0]?.value ?? 0;
  const open = pairs.findIndex(({ last }) => Math.abs(left * last) > agreement * largest);
  return {
    nodes: pairs.map(({ value, first }) => ({ square: value, weight: first ** 2 })),
    converged: pairs.slice(0, open === -1 ? pairs.length : open).map(({ value }) => Math.max(0, value)),
  };
}
