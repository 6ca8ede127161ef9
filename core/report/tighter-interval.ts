import type { LipschitzInterval, LowerEnd, UpperEnd } from './inspection.ts';
import { weaker } from './words.ts';

/** Of two intervals for one constant, the better end on either side: never a tighter end on weaker evidence. */
export const tighterInterval = (one: LipschitzInterval, other: LipschitzInterval): LipschitzInterval => ({
  lower: lowerIsBetter(other.lower, one.lower) ? other.lower : one.lower,
  upper: upperIsBetter(other.upper, one.upper) ? other.upper : one.upper,
});

const holdsAsWell = (
  end: { readonly rigor: LowerEnd['rigor'] },
  than: { readonly rigor: LowerEnd['rigor'] },
): boolean => weaker(end.rigor, than.rigor) === than.rigor;

const lowerIsBetter = (end: LowerEnd, than: LowerEnd): boolean => end.value > than.value && holdsAsWell(end, than);

function upperIsBetter(end: UpperEnd, than: UpperEnd): boolean {
  if (end.value === null) return false;
  return than.value === null ? true : end.value < than.value && holdsAsWell(end, than);
}
