import { eigenvalueUpper, packedEigenpair } from '../../compute/linear-algebra/largest-eigenvalue.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { packedLength } from '../../compute/linear-algebra/packed.ts';
import { above, gamma, unit } from '../../rounding.ts';
import { type AngleTables, phaseOf } from './block-symbol.ts';
import type { Frequency } from './frequency-sweep.ts';
import { combinations, product } from './landing.ts';

/** Positions of the image up to which a dense scalar matrix over them is cheap. */
export const largestSection = 420;

/**
 * Input and output of a zero-padded convolution live on a part H of the torus only, which a maximum over all frequencies forgets.
 * With s_j >= |F(w_j)|, any x and y on H satisfy |<y, T x>| <= sum_j s_j |y_j| |x_j| <= 1/2 sum_j s_j (|x_j|^2 + |y_j|^2)
 * <= mu/2 (|x|^2 + |y|^2), mu the largest eigenvalue of P_H circ(s) P_H: a scalar matrix, whatever the channels. With different
 * input and output sizes the weights of x and y balance to sqrt(mu_in mu_out). Never worse than max s_j.
 */
export async function scalarSection(
  angles: AngleTables,
  frequencies: readonly Pick<Frequency, 't' | 'paired' | 'bound'>[],
  inputSize: readonly number[],
  outputSize: readonly number[],
  pace: Pace,
): Promise<number> {
  const output = await sectionEigenvalue(angles, frequencies, outputSize, pace);
  const same = inputSize.every((size, axis) => size === outputSize[axis]);
  const input = same ? output : await sectionEigenvalue(angles, frequencies, inputSize, pace);
  return above(above(Math.sqrt(above(input * output))) * (1 + unit));
}

async function sectionEigenvalue(
  angles: AngleTables,
  frequencies: readonly Pick<Frequency, 't' | 'paired' | 'bound'>[],
  size: readonly number[],
  pace: Pace,
): Promise<number> {
  const norms = frequencies.map(({ bound }) => above(Math.sqrt(bound)));
  const points = product(angles.torus);
  const differences = new Map<string, number>();
  const positions = combinations(size.map((length) => Array.from({ length }, (_, p) => p)));
  const n = positions.length;
  const section = new Float64Array(packedLength(n));
  let at = 0;
  for (const p of positions) {
    for (const q of positions) {
      const lag = p.map((position, axis) => position - q[axis]!);
      const key = lag.join();
      let entry = differences.get(key);
      if (entry === undefined) {
        entry = 0;
        for (const [j, { t, paired }] of frequencies.entries())
          entry += (paired ? 2 : 1) * norms[j]! * phaseOf(angles, lag, t).cos;
        entry /= points;
        differences.set(key, entry);
        if (pace.due(16 * frequencies.length)) await pace.rest();
      }
      section[at++] = entry;
      if (q === p) break;
    }
    if (pace.due(40 * n)) await pace.rest();
  }
  const largest = norms.reduce((most, norm) => Math.max(most, norm), 0);
  // An entry is a mean of numbers up to `largest`, phases off by 128 units; n of them stand in a row.
  const error = above(n * largest * above(gamma(points + 4) + 256 * unit));
  const { value } = await packedEigenpair(section, n, pace);
  return above((await eigenvalueUpper(section, n, value, pace)) + error);
}
