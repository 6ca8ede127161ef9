import { above } from '../../rounding.ts';

/** |v| <= slope v + rest for every v of an interval: its sign where it has one, otherwise the chord between the ends. */
export interface Chord {
  readonly slope: number;
  readonly rest: number;
}

export function chordOf(low: number, high: number): Chord {
  if (low >= 0) return { slope: 1, rest: 0 };
  if (high <= 0) return { slope: -1, rest: 0 };
  const slope = Math.max(-1, Math.min(1, (high + low) / (high - low)));
  // |v| is convex: what holds at both ends holds between them.
  return { slope, rest: above(above(Math.max(high - slope * high, -low - slope * low)) + 2 ** -50 * (high - low)) };
}
