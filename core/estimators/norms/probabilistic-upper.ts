import { randomBytes } from 'node:crypto';
import { addMultiple, dot, largestMagnitude, length, squaresAreSafe } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { adjointBlocks, shiftedBlocksMap } from '../../compute/linear-algebra/shifted-blocks.ts';
import type { Convolution } from '../../operators/linear-map.ts';
import { groupOf } from './convolution.ts';
import { product } from './landing.ts';
import { polyphase } from './polyphase.ts';

/** An upper end that is wrong with at most the probability `failure`, over our own random start. */
export interface ProbabilisticUpper {
  readonly upper: number;
  readonly failure: number;
}

const failure = 1e-12;
const mostSteps = 140;
/** Doubles that the vectors of all steps may fill. */
const largestBasis = 2e7;
/** Products a second of ONNX Runtime, unfolding included, on one slow core. */
const productSpeed = 5e9;

/**
 * For a convolution whose certified upper end stays wide: after Lanczos steps on T' T from a start u that is uniform on the sphere of R^n,
 * p(T' T) u has the length b_1 ... b_q, p the monic polynomial whose roots are the Ritz values. The eigenvector of the largest eigenvalue m
 * has a part of at least t = failure sqrt(pi / 2n) in u but for that probability, so t p(m) <= b_1 ... b_q, which an m too large violates
 * (Kuczynski and Wozniakowski 1992; Hochstenbach 2013). A statement about exact steps; these are in doubles and reorthogonalised, and
 * a billionth is added. Stops at `enough`; undefined where it would be too dear.
 */
export async function probabilisticUpper(
  convolution: Convolution,
  enough: number,
  pace: Pace,
): Promise<ProbabilisticUpper | undefined> {
  if (convolution.groups > 1 || !squaresAreSafe(largestMagnitude(convolution.kernel))) return undefined;
  const phases = polyphase(groupOf(convolution, 0));
  const size = phases.inputChannels * product(phases.inputSize);
  const products = 2 * phases.taps.length * phases.outputChannels * phases.inputChannels * product(phases.outputSize);
  if (phases.taps.length === 0 || size * mostSteps > largestBasis) return undefined;
  if (!pace.affords(products * mostSteps, productSpeed)) return undefined;
  using room = pace.room();
  const forward = shiftedBlocksMap(phases, room, pace);
  const backward = shiftedBlocksMap(
    adjointBlocks(phases, (length) => room.doubles(length)),
    room,
    pace,
  );
  const inside = (x: Float64Array): Float64Array => {
    for (const place of phases.outside) x[place] = 0;
    return x;
  };
  const gram = async (x: Float64Array): Promise<Float64Array> => inside(await backward(await forward(x)));
  const steps = lanczosCoefficients(gram, inside(uniformDirection(size)), pace);
  let best = Number.POSITIVE_INFINITY;
  for await (const { diagonal, offDiagonal } of steps) {
    const square = largestBelieved(diagonal, offDiagonal, size - phases.outside.length);
    best = Math.min(best, Math.sqrt(square) * (1 + 1e-9));
    if (best <= enough) break;
  }
  return Number.isFinite(best) ? { upper: best, failure } : undefined;
}

/** Normal numbers, whose direction is uniform, from the operating system's randomness: a seed that anyone can know would prove nothing. */
export function uniformDirection(size: number): Float64Array {
  const bytes = randomBytes(8 * (size + (size % 2)));
  const uniform = (at: number): number => (bytes.readUInt32LE(4 * at) + 0.5) / 2 ** 32;
  return Float64Array.from({ length: size }, (_, i) => {
    const even = i - (i % 2);
    const radius = Math.sqrt(-2 * Math.log(uniform(2 * even)));
    const angle = 2 * Math.PI * uniform(2 * even + 1);
    return radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
}

interface Tridiagonal {
  readonly diagonal: readonly number[];
  /** As many: the last one is the length of what was left after the last step. */
  readonly offDiagonal: readonly number[];
}

/** The tridiagonal matrix after every tenth step, every vector orthogonalised twice against all before. */
async function* lanczosCoefficients(
  apply: (x: Float64Array) => Promise<Float64Array>,
  start: Float64Array,
  pace: Pace,
): AsyncGenerator<Tridiagonal> {
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  let next = start;
  let norm = length(start);
  while (basis.length < mostSteps && norm > 0) {
    const scale = norm;
    const q = next.map((value) => value / scale);
    basis.push(q);
    next = await apply(q);
    diagonal.push(dot(q, next));
    for (let pass = 0; pass < 2; pass++)
      for (const v of basis) {
        addMultiple(next, -dot(v, next), v);
        if (pace.due(2 * next.length)) await pace.rest();
      }
    norm = length(next);
    offDiagonal.push(norm);
    if (basis.length % 10 === 0) yield { diagonal, offDiagonal };
  }
}

/**
 * The largest m with sum ln(m - ritz_i) <= sum ln b_i - ln t, to the digits that matter and from above. The sum is the logarithm of the
 * determinant of m I - T, which is the product of its pivots, all positive exactly when m lies above all Ritz values.
 */
export function largestBelieved(diagonal: readonly number[], offDiagonal: readonly number[], size: number): number {
  const logLimit =
    offDiagonal.reduce((sum, b) => sum + Math.log(b), 0) - Math.log(failure * Math.sqrt(Math.PI / (2 * size)));
  const believed = (m: number): boolean => {
    let sum = 0;
    let pivot = 1;
    for (const [i, a] of diagonal.entries()) {
      pivot = m - a - (i === 0 ? 0 : offDiagonal[i - 1]! ** 2 / pivot);
      if (!(pivot > 0)) return true;
      sum += Math.log(pivot);
    }
    return sum <= logLimit;
  };
  let low = Math.max(...diagonal);
  let high = 2 * low;
  while (believed(high)) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = low + (high - low) / 2;
    if (believed(middle)) low = middle;
    else high = middle;
  }
  return high;
}
