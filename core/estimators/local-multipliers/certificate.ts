import type { LocalMultipliersCertificate } from '../../bound.ts';
import type { Iterate } from './barrier.ts';

/** The numbers s and the square, doubles one after the other, little endian, as base64. */
export function encoded({ s, square }: Iterate): LocalMultipliersCertificate {
  const bytes = Buffer.alloc(8 * (s.length + 1));
  [...s, square].forEach((value, k) => bytes.writeDoubleLE(value, 8 * k));
  return { kind: 'local-multipliers', multipliers: bytes.toString('base64') };
}

/** undefined where there are not as many numbers as the problem has variables. */
export function decoded(text: string, variables: number): Iterate | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 8 * (variables + 1)) return undefined;
  const numbers = Float64Array.from({ length: variables + 1 }, (_, k) => bytes.readDoubleLE(8 * k));
  return { s: numbers.slice(0, -1), square: numbers.at(-1)! };
}
