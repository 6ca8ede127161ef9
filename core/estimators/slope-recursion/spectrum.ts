import { eigenvalueUpper, packedEigenpair } from '../../compute/linear-algebra/largest-eigenvalue.ts';
import { type Packed, packedLength, rowStart } from '../../compute/linear-algebra/packed.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Symmetric } from './congruence.ts';

/** A number that no eigenvalue of a positive semidefinite matrix exceeds, and hardly a larger one than that. */
export async function largestEigenvalue({ n, entries }: Symmetric, pace: Pace): Promise<number> {
  const packed: Packed = new Float64Array(packedLength(n));
  for (let i = 0; i < n; i++) packed.set(entries.subarray(i * n, i * n + i + 1), rowStart(i));
  const { value } = await packedEigenpair(packed, n, pace);
  return eigenvalueUpper(packed, n, value, pace);
}
