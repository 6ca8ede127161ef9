/** How numbers of 8 bits are cut into sign, exponent and fraction, and which of them are none. The names are those of ONNX. */
interface Layout {
  readonly exponentBits: number;
  readonly bias: number;
  /**
   * 'as IEEE 754': the highest exponent is infinity and NaN. 'all ones': only that with all fraction bits set is NaN, there is no
   * infinity. 'negative zero': what would be -0 is the one NaN. 'scale': an exponent and nothing else, all ones is NaN.
   */
  readonly special: 'as IEEE 754' | 'all ones' | 'negative zero' | 'scale';
}

const layouts = {
  float8e4m3fn: { exponentBits: 4, bias: 7, special: 'all ones' },
  float8e4m3fnuz: { exponentBits: 4, bias: 8, special: 'negative zero' },
  float8e5m2: { exponentBits: 5, bias: 15, special: 'as IEEE 754' },
  float8e5m2fnuz: { exponentBits: 5, bias: 16, special: 'negative zero' },
  float8e8m0: { exponentBits: 8, bias: 127, special: 'scale' },
} as const satisfies Readonly<Record<string, Layout>>;

export type EightBitFloat = keyof typeof layouts;

export const isEightBitFloat = (type: string): type is EightBitFloat => Object.hasOwn(layouts, type);

/** By type, the numbers that the 256 bytes stand for. */
export const eightBitNumbers: Readonly<Record<EightBitFloat, Float64Array>> = {
  float8e4m3fn: numbersOf(layouts.float8e4m3fn),
  float8e4m3fnuz: numbersOf(layouts.float8e4m3fnuz),
  float8e5m2: numbersOf(layouts.float8e5m2),
  float8e5m2fnuz: numbersOf(layouts.float8e5m2fnuz),
  float8e8m0: numbersOf(layouts.float8e8m0),
};

/** The largest number of a type: what lies beyond saturates there. */
export const largestOf = (type: EightBitFloat): number =>
  eightBitNumbers[type].reduce((most, value) => (Number.isFinite(value) && value > most ? value : most), 0);

/** The numbers of the type between which a value lies; the same one twice where it is one of them, none beyond the largest. */
export function neighboursOf(value: number, type: EightBitFloat): readonly [number | undefined, number | undefined] {
  const numbers = ascending(type);
  const next = numbers.findIndex((number) => number >= value);
  if (next === -1) return [numbers.at(-1), undefined];
  return numbers[next] === value ? [value, value] : [numbers[next - 1], numbers[next]];
}

const ascending = (type: EightBitFloat): Float64Array => eightBitNumbers[type].filter(Number.isFinite).sort();

function numbersOf(layout: Layout): Float64Array {
  return Float64Array.from({ length: 256 }, (_, byte) => numberOf(byte, layout));
}

function numberOf(byte: number, { exponentBits, bias, special }: Layout): number {
  if (special === 'scale') return byte === 0xff ? Number.NaN : 2 ** (byte - bias);
  if (special === 'negative zero' && byte === 0x80) return Number.NaN;
  if (special === 'all ones' && (byte & 0x7f) === 0x7f) return Number.NaN;
  const fractionBits = 7 - exponentBits;
  const sign = byte & 0x80 ? -1 : 1;
  const exponent = (byte & 0x7f) >> fractionBits;
  const fraction = (byte & ((1 << fractionBits) - 1)) / (1 << fractionBits);
  if (special === 'as IEEE 754' && exponent === (1 << exponentBits) - 1)
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}
