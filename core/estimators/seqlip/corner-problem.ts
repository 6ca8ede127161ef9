import { above } from '../../rounding.ts';
import { middleOf, type SlopeRange } from '../slope-recursion/chain.ts';
import type { FactoredChain } from './factored-chain.ts';

/**
 * The largest |B diag(d) A| over slopes d of one activation: B is the factor behind it, A the one before. The norm is convex in d, so it is largest at a corner, where every
 * slope is at one of its two ends.
 */
export interface CornerProblem {
  /** The activation's neurons. */
  readonly neurons: number;
  /** Row k of A, what arrives at neuron k, and column k of B, what it does. */
  readonly arriving: readonly Float64Array[];
  readonly leaving: readonly Float64Array[];
  /** Their lengths, about. */
  readonly lengths: { readonly arriving: Float64Array; readonly leaving: Float64Array };
  readonly slopes: SlopeRange;
  /** Slopes that are not decided are the middle plus at most the radius. */
  readonly middle: { readonly centre: number; readonly radius: number };
  /** The largest magnitude of a slope. */
  readonly steepest: number;
}

/** One for each activation of the chain. */
export const cornerProblems = ({ layers, slopes }: FactoredChain): readonly CornerProblem[] =>
  slopes.map((range, at): CornerProblem => {
    const [before, behind] = [layers[at]!.left, layers[at + 1]!.right];
    const neurons = before.rows;
    const arriving = Array.from({ length: neurons }, (_, k) =>
      before.entries.subarray(k * before.columns, (k + 1) * before.columns),
    );
    const leaving = Array.from({ length: neurons }, (_, k) =>
      Float64Array.from({ length: behind.rows }, (__, i) => behind.entries[i * behind.columns + k]!),
    );
    return {
      neurons,
      arriving,
      leaving,
      lengths: { arriving: lengthsOf(arriving), leaving: lengthsOf(leaving) },
      slopes: range,
      middle: middleOf(range),
      steepest: Math.max(Math.abs(range.low), Math.abs(range.high)),
    };
  });

const lengthsOf = (vectors: readonly Float64Array[]): Float64Array =>
  Float64Array.from(vectors, (vector) => Math.hypot(...vector));

/** What is proved of the activations, one after the other, is put together: see `factored-chain.ts` for A, B and E. */
export function composed(
  { layers }: FactoredChain,
  problems: readonly CornerProblem[],
  largest: readonly number[],
): number {
  // |B x| behind the input, and |x|; then the same behind every activation.
  let passed = layers[0]!.rightNorm;
  let whole = 1;
  layers.forEach(({ leftNorm, error }, at) => {
    const arriving = above(above(leftNorm * passed) + above(error * whole));
    const problem = problems[at];
    if (problem === undefined) {
      whole = arriving;
      return;
    }
    const lost = above(above(layers[at + 1]!.rightNorm * problem.steepest) * above(error * whole));
    passed = above(above(largest[at]! * passed) + lost);
    whole = above(problem.steepest * arriving);
  });
  return whole;
}
