import { above, below } from '../../rounding.ts';
import type { LayerNorm, LipschitzInterval } from '../inspection.ts';
import { weaker } from '../words.ts';
import type { ComparedInterval, ComparedPair, Ratio } from './comparison.ts';

export const intervalOfLayer = ({ lower, upper, rigor, reason }: LayerNorm): ComparedInterval => ({
  lower,
  lowerRigor: rigor,
  upper,
  ...(upper === null ? { reason: reason ?? 'no finite constant exists' } : { upperRigor: rigor }),
});

export function intervalOfNetwork({ lower, upper }: LipschitzInterval): ComparedInterval {
  const least = { lower: lower.value, lowerRigor: lower.rigor };
  if (upper.value !== null) return { ...least, upper: upper.value, upperRigor: upper.rigor };
  const reason =
    'unbounded' in upper
      ? `unbounded at ${upper.unbounded.node}: ${upper.unbounded.reason}`
      : 'unsupported' in upper
        ? `${upper.unsupported.op} at ${upper.unsupported.node} is not understood: ${upper.unsupported.reason}`
        : 'the upper end is still being computed';
  return { ...least, upper: null, reason };
}

/**
 * Two numbers of which only intervals are known: one is proved to be the larger only where the intervals do not meet. Nothing is
 * concluded from their middles, nor from upper ends alone: a bound that got looser is not a network that got rougher.
 */
export function comparedPair(before: ComparedInterval, after: ComparedInterval): ComparedPair {
  const pair = { before, after, ratio: ratioOf(before, after) };
  if (before.upper !== null && before.upperRigor !== undefined && after.lower > before.upper)
    return { ...pair, change: 'rougher', rigor: weaker(after.lowerRigor, before.upperRigor) };
  if (after.upper !== null && after.upperRigor !== undefined && after.upper < before.lower)
    return { ...pair, change: 'smoother', rigor: weaker(after.upperRigor, before.lowerRigor) };
  if (isPoint(before) && isPoint(after) && before.lower === after.lower)
    return { ...pair, change: 'same', rigor: weaker(after.lowerRigor, before.lowerRigor) };
  return { ...pair, change: 'undecided' };
}

/** The same linear map twice: whatever its norm is, it did not change. */
export const samePair = (before: ComparedInterval, after: ComparedInterval): ComparedPair => ({
  before,
  after,
  ratio: { lower: 1, upper: 1 },
  change: 'same',
  rigor: 'certified',
});

const isPoint = ({ lower, upper }: ComparedInterval): boolean => lower === upper;

function ratioOf(before: ComparedInterval, after: ComparedInterval): Ratio {
  if (isPoint(before) && isPoint(after) && before.lower === after.lower) return { lower: 1, upper: 1 };
  const lower = before.upper === null || after.lower === 0 ? 0 : below(after.lower / before.upper);
  const upper = after.upper === 0 ? 0 : after.upper === null || before.lower === 0 ? Infinity : above(after.upper / before.lower); // prettier-ignore
  // A constant of 0 before makes every quotient infinite: nothing that JSON could say.
  return {
    lower: Number.isFinite(lower) ? Math.max(0, lower) : Number.MAX_VALUE,
    upper: Number.isFinite(upper) ? upper : null,
  };
}
