/**
 * Each layer's share in the logarithm of the product bound: log(norm) over the sum of |log(norm)| along the path. Signed, since a
 * layer of norm below 1 takes away. Layers beside the path have no share; when every norm is 1 there is nothing to share.
 */
export function shares(
  path: readonly string[],
  normOf: (id: string) => number | undefined,
): (id: string) => number | null {
  const logs = new Map<string, number>();
  for (const id of path) {
    const norm = normOf(id);
    if (norm === undefined || !(norm > 0) || !Number.isFinite(norm)) continue;
    const log = Math.log(norm);
    // A layer that was normalised in float32 misses 1 by rounding, and that is no share.
    logs.set(id, Math.abs(log) < 1e-6 ? 0 : log);
  }
  const total = [...logs.values()].reduce((sum, log) => sum + Math.abs(log), 0);
  if (total === 0) return () => null;
  return (id) => (logs.get(id) ?? 0) / total;
}
