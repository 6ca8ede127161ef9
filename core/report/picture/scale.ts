/** A logarithmic axis that several pictures share. `from` and `to` are positive and differ. */
export interface LogScale {
  readonly from: number;
  readonly to: number;
}

/**
 * From the smallest to the largest of the values with a little air, 1 included: it is the line between stretching and
 * shrinking. Zeros and what is not finite have no place on a logarithmic axis and are drawn at its ends.
 */
export function commonScale(values: readonly (number | null | undefined)[]): LogScale {
  let [low, high] = [0, 0];
  for (const value of values) {
    if (value === null || value === undefined || !(value > 0) || !Number.isFinite(value)) continue;
    low = Math.min(low, Math.log10(value));
    high = Math.max(high, Math.log10(value));
  }
  // In quarters of a decade, so that the rows seldom move while results stream in.
  const quarter = (log: number, towards: (x: number) => number): number => towards(4 * log) / 4;
  const [from, to] = [quarter(low - 0.1, Math.floor), quarter(high + 0.1, Math.ceil)];
  return { from: 10 ** Math.max(-323, from), to: 10 ** Math.min(308, to) };
}

/** The smallest scale that holds the values, without regard to 1: for one interval looked at closely. */
export function closeScale(values: readonly number[]): LogScale {
  const logs = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log10);
  if (logs.length === 0) return { from: 0.1, to: 10 };
  const [low, high] = [logs.reduce((a, b) => Math.min(a, b)), logs.reduce((a, b) => Math.max(a, b))];
  const air = Math.max(0.05, 0.12 * (high - low));
  return { from: 10 ** Math.max(-323, low - air), to: 10 ** Math.min(308, high + air) };
}

/** 0 at `from`, 1 at `to`, clamped. */
export function position(scale: LogScale, value: number): number {
  if (!(value > 0)) return 0;
  const start = Math.log10(scale.from);
  return Math.min(1, Math.max(0, (Math.log10(value) - start) / (Math.log10(scale.to) - start)));
}

/** At most `most` round numbers inside the scale: whole decades, or 1-2-5, or finer when the scale is narrow. */
export function logTicks(scale: LogScale, most: number): readonly number[] {
  const [first, last] = [Math.floor(Math.log10(scale.from)), Math.ceil(Math.log10(scale.to))];
  const inside = (value: number): boolean => value >= scale.from && value <= scale.to;
  const decades = (every: number): number[] => {
    const ticks: number[] = [];
    for (let e = Math.ceil(first / every) * every; e <= last; e += every) ticks.push(Number(`1e${e}`));
    return ticks.filter(inside);
  };
  const linear = linearTicks(scale.from, scale.to, most);
  if (scale.to / scale.from < 8) return linear;
  const within: number[] = [];
  for (let e = first; e <= last; e++) for (const m of [1, 2, 5]) within.push(Number(`${m}e${e}`));
  const candidates = [within.filter(inside), ...[1, 2, 5, 10, 20, 50, 100, 200].map(decades)];
  return candidates.find((ticks) => ticks.length <= most) ?? [];
}

/** Round numbers from..to in steps of 1, 2 or 5 times a power of ten. */
export function linearTicks(from: number, to: number, most: number): readonly number[] {
  const rough = (to - from) / most;
  if (!(rough > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? 10 * power;
  const ticks: number[] = [];
  for (let i = Math.ceil(from / step); i * step <= to; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}
