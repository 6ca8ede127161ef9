import { above, below } from '../../rounding.ts';

/** A positive number that may lie far outside of the doubles: mantissa times 2^exponent, the exponent even. */
export interface Wide {
  readonly mantissa: number;
  readonly exponent: number;
}

export const one: Wide = { mantissa: 1, exponent: 0 };

/** Rounded down. */
export function timesBelow({ mantissa, exponent }: Wide, factor: number): Wide {
  const shift = 2 * Math.floor(Math.log2(factor) / 2);
  const product = below(mantissa * (factor * 2 ** -shift));
  const more = 2 * Math.floor(Math.log2(product) / 2);
  return { mantissa: product * 2 ** -more, exponent: exponent + shift + more };
}

/** sqrt(value / whole), rounded up; Infinity where it is larger than any double. */
export function rootOfQuotient(value: number, { mantissa, exponent }: Wide): number {
  const root = above(Math.sqrt(above(value / mantissa)));
  const half = -exponent / 2;
  // In two steps, so that only the result itself can leave the doubles.
  const first = Math.trunc(half / 2);
  return above(root * 2 ** first * 2 ** (half - first));
}

/** The number itself, 0 or Infinity where no double is near. */
export const asDouble = ({ mantissa, exponent }: Wide): number => mantissa * 2 ** exponent;
