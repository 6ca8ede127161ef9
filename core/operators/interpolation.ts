import type { Matrix } from './linear-map.ts';

/** A fraction with a positive denominator: positions and weights are exact until the last division, so each has one rounding. */
export interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

const whole = (value: number | bigint): Fraction => ({ over: BigInt(value), under: 1n });

/** A finite float of either width as the fraction it is. */
export function fractionOf(value: number): Fraction {
  // Doubling would never make a whole number of it.
  if (!Number.isFinite(value)) throw new RangeError(`${value} is no fraction.`);
  let over = value;
  let under = 1n;
  while (!Number.isInteger(over)) {
    over *= 2;
    under *= 2n;
  }
  return { over: BigInt(over), under };
}

const plus = (a: Fraction, b: Fraction): Fraction => ({
  over: a.over * b.under + b.over * a.under,
  under: a.under * b.under,
});
const minus = (a: Fraction, b: Fraction): Fraction => plus(a, { over: -b.over, under: b.under });
const times = (a: Fraction, b: Fraction): Fraction => ({ over: a.over * b.over, under: a.under * b.under });
const divided = (a: Fraction, b: Fraction): Fraction => times(a, { over: b.under, under: b.over });
const half: Fraction = { over: 1n, under: 2n };

export function floor({ over, under }: Fraction): bigint {
  const towardsZero = over / under;
  return towardsZero * under > over ? towardsZero - 1n : towardsZero;
}

/** One axis of a tensor that is resized. */
export interface ResizedAxis {
  readonly from: number;
  readonly to: number;
  /** Output size over input size, as the file states it; `to` may have been rounded. */
  readonly scale: Fraction;
  /** The part of the axis that is looked at, in units of its length (tf_crop_and_resize only). */
  readonly crop: readonly [start: Fraction, end: Fraction];
}

/** Where an output position lies among the inputs, by the name of the rule in the file. */
export const coordinates: Readonly<Record<string, (at: number, axis: ResizedAxis) => Fraction>> = {
  half_pixel: centred,
  pytorch_half_pixel: (at, axis) => (axis.to > 1 ? centred(at, axis) : whole(0)),
  half_pixel_symmetric: (at, axis) => plus(offCentre(axis), centred(at, axis)),
  asymmetric: (at, { scale }) => divided(whole(at), scale),
  align_corners: (at, { from, to }) => (to === 1 ? whole(0) : { over: BigInt(at * (from - 1)), under: BigInt(to - 1) }),
  tf_crop_and_resize(at, { from, to, crop: [start, end] }) {
    const share = to === 1 ? half : { over: BigInt(at), under: BigInt(to - 1) };
    return times(whole(from - 1), plus(start, times(share, minus(end, start))));
  },
};

/** (at + 1/2) / scale - 1/2. */
function centred(at: number, { scale }: ResizedAxis): Fraction {
  return minus(divided(plus(whole(at), half), scale), half);
}

/** How far the middle moves where the output size had to be rounded. */
const offCentre = ({ from, to, scale }: ResizedAxis): Fraction =>
  times({ over: BigInt(from), under: 2n }, minus(whole(1), divided(whole(to), times(scale, whole(from)))));

/** How the entries around a position are mixed: weights by their distance, up to `reach`, as whole numbers over a common denominator. */
export interface Filter {
  readonly reach: bigint;
  /** The weight at distance a / u, times something that is the same for all a. */
  readonly weight: (a: bigint, u: bigint) => bigint;
}

export const linear: Filter = { reach: 1n, weight: (a, u) => (a < u ? u - a : 0n) };

/** Keys, "Cubic convolution interpolation", 1981, eq. 15, with the coefficient of the file. */
export function cubic(coefficient: number): Filter {
  const { over: c, under: d } = fractionOf(coefficient);
  return {
    reach: 2n,
    weight(a, u) {
      if (a <= u) return (c + 2n * d) * a ** 3n - (c + 3n * d) * a * a * u + d * u ** 3n;
      if (a >= 2n * u) return 0n;
      return c * (a ** 3n - 5n * a * a * u + 8n * a * u * u - 4n * u ** 3n);
    },
  };
}

/** What lies beyond the ends of the axis: copies of the last entry, or nothing, the other weights being raised instead. */
export type Beyond = 'repeated' | 'left out';

/** Every row mixes the entries around a position; a position that is undefined has an empty row. */
export function mixing(
  { from, to, scale }: ResizedAxis,
  place: (at: number) => Fraction | undefined,
  filter: Filter,
  antialias: boolean,
  beyond: Beyond,
): Matrix {
  const entries = new Float64Array(to * from);
  // Where entries are made fewer the filter is stretched over all that an output stands for.
  const narrow: Fraction = antialias && scale.over < scale.under ? scale : whole(1);
  const reach = floor(divided(whole(filter.reach), narrow)) + 1n;
  for (let i = 0; i < to; i++) {
    const at = place(i);
    if (at === undefined) continue;
    const row = new Map<number, bigint>();
    let sum = 0n;
    const center = floor(at);
    for (let k = center - reach; k <= center + reach + 1n; k++) {
      const apart = k * at.under - at.over;
      const weight = filter.weight((apart < 0n ? -apart : apart) * narrow.over, at.under * narrow.under);
      const inside = Math.min(from - 1, Math.max(0, Number(k)));
      if (weight === 0n || (beyond === 'left out' && inside !== Number(k))) continue;
      row.set(inside, (row.get(inside) ?? 0n) + weight);
      sum += weight;
    }
    for (const [k, weight] of row) entries[i * from + k] = quotient(weight, sum);
  }
  return { rows: to, columns: from, entries };
}

/** over / under with a relative error of two units; 64 leading bits are more than a double holds. */
export function quotient(over: bigint, under: bigint): number {
  if (over < 0n) return -quotient(-over, under);
  const extra = BigInt(Math.max(0, over.toString(2).length - 64));
  const shared = BigInt(Math.max(0, under.toString(2).length - 64));
  return (Number(over >> extra) / Number(under >> shared)) * 2 ** Number(extra - shared);
}
