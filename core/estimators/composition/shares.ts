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
    if (norm !== undefined && norm > 0 && Number.isFinite(norm)) logs.set(id, Math.log(norm));
  }
  const total = [...logs.values()].reduce((sum, log) => sum + Math.abs(log), 0);
  // Norms within rounding of 1 are 1.
  if (total < 1e-9) return () => null;
  return (id) => (logs.get(id) ?? 0) / total;
}
