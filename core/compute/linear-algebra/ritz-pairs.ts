import { seededVector } from './euclidean.ts';
import type { HermitianPairs, Two } from './hermitian-pairs.ts';
import { largestOfTridiagonal } from './lanczos.ts';
import type { Pace } from './pace.ts';

const lanes = [0, 1] as const;

/** Between two looks at the values, which cost more than a step on small matrices. */
const stepsAtOnce = 3;

interface Lane {
  readonly diagonal: number[];
  readonly offDiagonal: number[];
  value: number;
  done: boolean;
}

/**
 * About the largest eigenvalues of the two positive semidefinite matrices that stand in `pairs`: Ritz values of Lanczos steps without
 * reorthogonalisation, which repeats values but does not invent larger ones. Stops when three more steps gain less than the tolerance.
 */
export async function largestRitzValues(
  pairs: HermitianPairs,
  { steps, tolerance }: { readonly steps: number; readonly tolerance: number },
  pace: Pace,
): Promise<Two> {
  const { size, x } = pairs;
  pairs.forget();
  const start = seededVector(2 * size, 7);
  let squares = 0;
  for (const value of start) squares += value * value;
  const unit = 1 / Math.sqrt(squares);
  for (let i = 0; i < size; i++)
    for (const lane of lanes) {
      x[4 * i + lane] = unit * start[i]!;
      x[4 * i + 2 + lane] = unit * start[size + i]!;
    }
  const state = lanes.map((): Lane => ({ diagonal: [], offDiagonal: [], value: 0, done: false }));
  const limit = Math.min(steps, 2 * size);
  for (let step = 1; step <= limit && state.some(({ done }) => !done); step++) {
    const beta = (lane: 0 | 1): number => (state[lane]!.done ? 0 : (state[lane]!.offDiagonal.at(-1) ?? 0));
    const { alpha, length } = pairs.lanczosStep([beta(0), beta(1)]);
    const factors: [number, number] = [0, 0];
    for (const lane of lanes) {
      const own = state[lane]!;
      if (own.done) continue;
      own.diagonal.push(alpha[lane]);
      // Nothing is left: the space is invariant, and its largest eigenvalue exact.
      const ended = !(length[lane] > 1e-13 * Math.abs(alpha[lane]));
      if (ended || step % stepsAtOnce === 0 || step === limit) {
        const value = largestOfTridiagonal(own.diagonal, own.offDiagonal);
        own.done = ended || (step > stepsAtOnce && value <= own.value * (1 + tolerance));
        own.value = value;
      }
      own.offDiagonal.push(length[lane]);
      factors[lane] = own.done ? 0 : 1 / length[lane];
    }
    pairs.advance(factors);
    if (pace.due(size * size)) await pace.rest();
  }
  return [state[0]!.value, state[1]!.value];
}
