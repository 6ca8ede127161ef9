const highest = 2n ** 63n - 1n;
const lowest = -(2n ** 63n);

/**
 * The int64 that a number stands for. The extremes of int64, which exporters write for "to the end", have no exact double: the
 * nearest one lies outside the range and comes back to them.
 */
export function int64Of(value: number): bigint {
  if (value >= 2 ** 63) return highest;
  if (value <= -(2 ** 63)) return lowest;
  return BigInt(Math.trunc(value));
}
