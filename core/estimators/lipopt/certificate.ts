import type { LipOptCertificate } from '../../bound.ts';

/** Single precision suffices: any numbers give a bound. Little endian, as base64. */
export function encoded(rows: readonly { readonly row: number; readonly given: Float32Array }[]): LipOptCertificate {
  return {
    kind: 'lipopt',
    rows: rows.map(({ row, given }) => {
      const bytes = Buffer.alloc(4 * given.length);
      given.forEach((own, at) => bytes.writeFloatLE(own, 4 * at));
      return { row, given: bytes.toString('base64') };
    }),
  };
}

/** Undefined where there are not as many numbers as expected. */
export function decoded(text: string, count: number): Float32Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 4 * count
    ? Float32Array.from({ length: count }, (_, at) => bytes.readFloatLE(4 * at))
    : undefined;
}
