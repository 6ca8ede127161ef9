import type { MultipliersCertificate } from '../../bound.ts';

/** The doubles one after the other, little endian, as base64. */
export function encoded(multipliers: readonly Float64Array[]): MultipliersCertificate {
  const count = multipliers.reduce((sum, own) => sum + own.length, 0);
  const bytes = Buffer.alloc(8 * count);
  let at = 0;
  for (const own of multipliers) for (const lam of own) at = bytes.writeDoubleLE(lam, at);
  return { kind: 'multipliers', multipliers: bytes.toString('base64') };
}

/** Unit by unit, or undefined where there are not as many multipliers as the network's units take. */
export function decoded(text: string, counts: readonly number[]): Float64Array[] | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 8 * counts.reduce((sum, count) => sum + count, 0)) return undefined;
  let at = 0;
  return counts.map((count) =>
    Float64Array.from({ length: count }, () => {
      at += 8;
      return bytes.readDoubleLE(at - 8);
    }),
  );
}
