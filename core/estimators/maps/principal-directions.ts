import { seeded } from '../witness/random.ts';

export interface PrincipalDirections {
  readonly mean: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** Numbers that are looked at: of larger data, every so many rows. */
const mostNumbers = 4e6;
const rounds = 60;

/**
 * The mean of the rows and the two directions in which they spread most: two vectors iterated together with the covariance, which is
 * never written down. They choose a plane to look at, so ordinary convergence is enough.
 */
export function principalDirections(all: readonly Float64Array[]): PrincipalDirections {
  const size = all[0]!.length;
  const every = Math.max(1, Math.ceil((all.length * size) / mostNumbers));
  const rows = all.filter((_, k) => k % every === 0);
  const mean = new Float64Array(size);
  for (const row of rows) for (let i = 0; i < size; i++) mean[i]! += row[i]! / rows.length;
  const random = seeded(1);
  let [first, second] = [0, 1].map(() => Float64Array.from({ length: size }, () => random.normal())) as [Float64Array, Float64Array]; // prettier-ignore
  for (let round = 0; round < rounds; round++) {
    const [one, two] = [new Float64Array(size), new Float64Array(size)];
    for (const row of rows) {
      let [a, b] = [0, 0];
      for (let i = 0; i < size; i++) {
        const value = row[i]! - mean[i]!;
        a += value * first[i]!;
        b += value * second[i]!;
      }
      for (let i = 0; i < size; i++) {
        const value = row[i]! - mean[i]!;
        one[i]! += a * value;
        two[i]! += b * value;
      }
    }
    first = scaled(one, first);
    const shared = first.reduce((sum, value, i) => sum + value * two[i]!, 0);
    second = scaled(
      two.map((value, i) => value - shared * first[i]!),
      second,
    );
  }
  return { mean, first: facingUp(first), second: facingUp(second) };
}

/** To length 1; data that do not spread leave the direction as it was. */
function scaled(vector: Float64Array, otherwise: Float64Array): Float64Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length > 0 ? vector.map((value) => value / length) : otherwise;
}

/** A direction and its opposite are the same; which is drawn should not depend on the start. */
function facingUp(direction: Float64Array): Float64Array {
  const most = direction.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return most < 0 ? direction.map((value) => -value) : direction;
}
