/** Unit roundoff of double arithmetic, 2^-53. */
export const unit = 2 ** -53;

/** Absolute error that an operation can add by underflow; only matters for sums of subnormal numbers. */
export const tiny = 2 ** -1074;

/** gamma_n = n u / (1 - n u): the relative error of n roundings in a row (Higham, Accuracy and Stability, Lemma 3.1). */
export const gamma = (n: number): number => up((n * unit) / (1 - n * unit));

const buffer = new DataView(new ArrayBuffer(8));

/** The next double above. Any correctly rounded result x is at least as small as up(x) in exact arithmetic. */
export function up(x: number): number {
  if (Number.isNaN(x) || x === Number.POSITIVE_INFINITY) return x;
  if (x === 0) return tiny;
  buffer.setFloat64(0, x);
  buffer.setBigInt64(0, buffer.getBigInt64(0) + (x > 0 ? 1n : -1n));
  return buffer.getFloat64(0);
}

/** The next double below. */
export const down = (x: number): number => -up(-x);

/**
 * An upper end for a computed value of at least 0 with a relative error of a few units, without the cost of `up`: three
 * units are added, and the smallest double where the product underflows.
 */
export const above = (x: number): number => x + 3 * unit * Math.abs(x) + tiny;

export const below = (x: number): number => -above(-x);
