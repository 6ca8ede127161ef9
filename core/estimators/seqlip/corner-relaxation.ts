import { dot } from '../../compute/linear-algebra/euclidean.ts';
import { eigenvalueUpper, packedEigenpair } from '../../compute/linear-algebra/largest-eigenvalue.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { packedLength, type Packed, rowStart } from '../../compute/linear-algebra/packed.ts';
import { above, gamma } from '../../rounding.ts';
import type { CornerProblem } from './corner-problem.ts';

/** What is decided: -1 the lower end, 1 the upper end of a neuron's slopes, 0 neither. */
export type Decisions = Int8Array;

/**
 * Averages over unit vectors (u, v): of the squares of what arrives at a neuron and of what its output becomes, and of their product. A point of the dual semidefinite program,
 * as far as it matters here.
 */
export interface Averages {
  readonly arriving: Float64Array;
  readonly leaving: Float64Array;
  readonly joint: Float64Array;
}

export interface Relaxed {
  /** Proved: no corner that agrees with the decisions has a larger norm. */
  readonly upper: number;
  readonly averages: Averages;
  /** Decisions for the undecided neurons that the vectors found suggest. */
  readonly rounded: readonly Decisions[];
}

/**
 * For any factors f_k > 0, u unit and v unit, with N = B diag(c) A at the decided ends and the middles c of the rest, and r their radius,
 *   2 u'B diag(d) A v <= 2 u'N v + sum over undecided k of r (f_k (b_k'u)^2 + (a_k v)^2 / f_k),
 * so the largest eigenvalue of K(f) = [r B F B', N; N', r A' F^-1 A] bounds every corner's norm. It is convex in log f, and least where the semidefinite relaxation of the binary
 * problem is: with one hidden layer LipSDP-Neuron, with everything decided the norm itself. f comes from the steps of Frank and Wolfe (1956) on the dual: of the averages over all
 * vectors so far, f_k^2 = |a_k v|^2 / |b_k u|^2 is best.
 */
export async function relaxed(
  problem: CornerProblem,
  decisions: Decisions,
  { steps, before, enough }: { readonly steps: number; readonly before: Averages | undefined; readonly enough: number },
  pace: Pace,
): Promise<Relaxed> {
  const averages = before === undefined ? firstAverages(problem) : copied(before);
  const isDecided = decisions.every((one) => one !== 0);
  const rounded: Decisions[] = [];
  let best: { readonly value: number; readonly form: Form } | undefined;
  for (let step = 0; step < (isDecided ? 1 : steps); step++) {
    const form = formOf(problem, decisions, factorsOf(problem, averages));
    const size = form.leaving + form.arriving;
    if (pace.due(problem.neurons * size * size)) await pace.rest();
    const { value, vector } = await packedEigenpair(form.matrix, size, pace);
    if (best === undefined || value < best.value) best = { value, form };
    if (isDecided) break;
    rounded.push(noted(problem, decisions, averages, vector, before === undefined && step === 0 ? 1 : 2 / (step + 4)));
    if (best.value <= enough) break;
  }
  const { value, form } = best!;
  const upper = await eigenvalueUpper(form.matrix, form.leaving + form.arriving, value, pace);
  return { upper: above(upper + form.error), averages, rounded };
}

const copied = ({ arriving, leaving, joint }: Averages): Averages => ({
  arriving: arriving.slice(),
  leaving: leaving.slice(),
  joint: joint.slice(),
});

const firstAverages = ({ neurons, lengths }: CornerProblem): Averages => ({
  arriving: lengths.arriving.map((own) => own * own),
  leaving: lengths.leaving.map((own) => own * own),
  joint: new Float64Array(neurons),
});

/** A neuron that no vector has met yet must not be given away altogether. */
const furthest = 1e6;

function factorsOf({ neurons, lengths }: CornerProblem, { arriving, leaving }: Averages): Float64Array {
  return Float64Array.from({ length: neurons }, (_, k) => {
    const usual = lengths.arriving[k]! / lengths.leaving[k]!;
    // One that nothing arrives at, or nothing looks at, costs nothing.
    if (!(usual > 0 && usual < Number.POSITIVE_INFINITY)) return 1;
    const factor = Math.sqrt(arriving[k]! / leaving[k]!);
    return factor > usual / furthest && factor < usual * furthest
      ? factor
      : factor >= usual * furthest
        ? usual * furthest
        : usual / furthest;
  });
}

/** K, and how far rounding may have it off, in norm. */
interface Form {
  readonly matrix: Packed;
  readonly leaving: number;
  readonly arriving: number;
  readonly error: number;
}

function formOf(problem: CornerProblem, decisions: Decisions, factors: Float64Array): Form {
  const { neurons, slopes, middle } = problem;
  const [p, q] = [problem.leaving[0]?.length ?? 0, problem.arriving[0]?.length ?? 0];
  const matrix = new Float64Array(packedLength(p + q));
  let sizes = 0;
  for (let k = 0; k < neurons; k++) {
    const [a, b] = [problem.arriving[k]!, problem.leaving[k]!];
    const own = decisions[k]!;
    const slope = own === 0 ? middle.centre : own < 0 ? slopes.low : slopes.high;
    const { arriving, leaving } = problem.lengths;
    sizes += 2 * Math.abs(slope) * arriving[k]! * leaving[k]!;
    if (slope !== 0)
      for (let j = 0; j < q; j++) {
        const factor = slope * a[j]!;
        const row = rowStart(p + j);
        for (let i = 0; i < p; i++) matrix[row + i]! += factor * b[i]!;
      }
    if (own !== 0) continue;
    const [f, g] = [middle.radius * factors[k]!, middle.radius / factors[k]!];
    sizes += f * leaving[k]! ** 2 + g * arriving[k]! ** 2;
    addSquare(matrix, b, f, 0);
    addSquare(matrix, a, g, p);
  }
  // Every entry is a sum of at most `neurons` terms of three factors and a quotient; the terms' sizes add up to at most this in norm.
  return {
    matrix,
    leaving: p,
    arriving: q,
    error: above(above(gamma(neurons + 12) * above(1.001 * sizes)) + underflow),
  };
}

/** What sums of products of numbers that are not tiny themselves can lose. */
const underflow = 1e-250;

/** += factor x x' from this row and column on. */
function addSquare(matrix: Packed, x: Float64Array, factor: number, offset: number): void {
  for (let i = 0; i < x.length; i++) {
    const own = factor * x[i]!;
    if (own === 0) continue;
    const row = rowStart(offset + i) + offset;
    for (let j = 0; j <= i; j++) matrix[row + j]! += own * x[j]!;
  }
}

/** Takes a new vector into the averages, and answers the corner that it stands for. */
function noted(
  { neurons, ...problem }: CornerProblem,
  decisions: Decisions,
  { arriving, leaving, joint }: Averages,
  vector: Float64Array,
  weight: number,
): Decisions {
  const p = problem.leaving[0]?.length ?? 0;
  const [u, v] = [vector.subarray(0, p), vector.subarray(p)];
  return Int8Array.from({ length: neurons }, (_, k) => {
    const [into, out] = [dot(problem.arriving[k]!, v), dot(problem.leaving[k]!, u)];
    arriving[k]! += weight * (into * into - arriving[k]!);
    leaving[k]! += weight * (out * out - leaving[k]!);
    joint[k]! += weight * (into * out - joint[k]!);
    return decisions[k] !== 0 ? decisions[k]! : into * out < 0 ? -1 : 1;
  });
}

/** How much of the bound is due to a neuron's not being decided, by the averages. */
export const doubt = ({ arriving, leaving, joint }: Averages, k: number): number =>
  2 * (Math.sqrt(arriving[k]! * leaving[k]!) - Math.abs(joint[k]!));
