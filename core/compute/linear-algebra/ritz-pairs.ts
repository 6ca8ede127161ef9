import { seededVector } from './euclidean.ts';
import type { HermitianPairs, Two } from './hermitian-pairs.ts';
import { largestOfTridiagonal } from './lanczos.ts';
import type { Pace } from './pace.ts';

const lanes = [0, 1] as const;

interface Lane {
  readonly diagonal: number[];
  readonly offDiagonal: number[];
  value: number;
  /** The values of the last steps. */
  readonly history: number[];
  done: boolean;
}

/**
 * About the largest eigenvalues of the two positive semidefinite matrices that stand in `pairs`: Ritz values of Lanczos steps without
 * reorthogonalisation, which repeats values but does not invent larger ones.
 */
export async function largestRitzValues(
  pairs: HermitianPairs,
  { steps, tolerance }: { readonly steps: number; readonly tolerance: number },
  pace: Pace,
): Promise<Two> {
  const { size, x, y } = pairs;
  const previous = new Float64Array(x.length);
  const state = lanes.map((): Lane => ({ diagonal: [], offDiagonal: [], value: 0, history: [], done: false }));
  seed(x, size);
  for (const lane of lanes) scale(x, x, size, lane, 1 / lengthOf(x, size, lane));
  for (let step = 0; step < Math.min(steps, 2 * size) && state.some(({ done }) => !done); step++) {
    pairs.multiply();
    for (const lane of lanes) {
      const own = state[lane]!;
      if (own.done) continue;
      const alpha = dotOf(x, y, size, lane);
      const beta = own.offDiagonal.at(-1) ?? 0;
      for (let at = lane; at < 4 * size; at += 2) y[at]! -= alpha * x[at]! + beta * previous[at]!;
      own.diagonal.push(alpha);
      own.value = largestOfTridiagonal(own.diagonal, own.offDiagonal);
      const earlier = own.history.at(-3);
      own.history.push(own.value);
      const norm = lengthOf(y, size, lane);
      own.done = !(norm > 1e-13 * own.value) || (earlier !== undefined && own.value <= earlier * (1 + tolerance));
      own.offDiagonal.push(norm);
      scale(previous, x, size, lane, 1);
      scale(x, y, size, lane, own.done ? 0 : 1 / norm);
    }
    if (pace.due(2 * size * size)) await pace.rest();
  }
  return [state[0]!.value, state[1]!.value];
}

function seed(x: Float64Array, size: number): void {
  const start = seededVector(2 * size, 7);
  for (let i = 0; i < size; i++)
    for (const lane of lanes) {
      x[4 * i + lane] = start[i]!;
      x[4 * i + 2 + lane] = start[size + i]!;
    }
}

/** Of the lane's vectors as real ones of twice the length: what the Ritz values of a Hermitian matrix need. */
function dotOf(x: Float64Array, y: Float64Array, size: number, lane: 0 | 1): number {
  let sum = 0;
  for (let at = lane; at < 4 * size; at += 2) sum += x[at]! * y[at]!;
  return sum;
}

const lengthOf = (x: Float64Array, size: number, lane: 0 | 1): number => Math.sqrt(dotOf(x, x, size, lane));

function scale(to: Float64Array, from: Float64Array, size: number, lane: 0 | 1, by: number): void {
  for (let at = lane; at < 4 * size; at += 2) to[at] = by === 0 ? 0 : from[at]! * by;
}
