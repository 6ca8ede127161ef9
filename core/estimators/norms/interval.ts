import type { NormInterval } from '../../bound.ts';

/** What a method has found: an end it does not know better stays away. Both ends are certified. */
export interface Finding {
  readonly lower?: number;
  readonly upper?: number;
  readonly method: string;
}

export type Findings = AsyncGenerator<Finding, void, undefined>;

/** The interval narrowed by a finding, or undefined when the finding adds nothing. */
export function narrowed(interval: NormInterval, finding: Finding): NormInterval | undefined {
  const lower = Math.max(interval.lower, finding.lower ?? 0);
  const upper = Math.min(interval.upper, finding.upper ?? Number.POSITIVE_INFINITY);
  if (lower === interval.lower && upper === interval.upper) return undefined;
  // The method that is named is the one behind the upper end: that is the end people rely on.
  const method = upper < interval.upper ? finding.method : interval.method;
  return { lower, upper, rigor: 'certified', method };
}

export const closed = ({ lower, upper }: { lower: number; upper: number }, gap = 1e-9): boolean =>
  upper <= lower * (1 + gap) || upper === 0;
