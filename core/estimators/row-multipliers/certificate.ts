import type { Start } from '../local-multipliers/problem.ts';

/** What proves the bound of a row. */
export interface RowProof extends Start {
  readonly scales: Float64Array;
}

/** The numbers s, the square and the scales, doubles one after the other, little endian, as base64. */
export function encodedRow({ s, square, scales }: RowProof): string {
  const numbers = [...s, square, ...scales];
  const bytes = Buffer.alloc(8 * numbers.length);
  numbers.forEach((value, k) => bytes.writeDoubleLE(value, 8 * k));
  return bytes.toString('base64');
}

/** undefined where there are not as many numbers as inputs and variables, or a scale is none. */
export function decodedRow(text: string, variables: number, inputs: number): RowProof | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 8 * (variables + 1 + inputs)) return undefined;
  const numbers = Float64Array.from({ length: bytes.length / 8 }, (_, k) => bytes.readDoubleLE(8 * k));
  const scales = numbers.slice(variables + 1);
  if (!scales.every((scale) => scale > 2 ** -100 && scale < 2 ** 100)) return undefined;
  return { s: numbers.slice(0, variables), square: numbers[variables]!, scales };
}
