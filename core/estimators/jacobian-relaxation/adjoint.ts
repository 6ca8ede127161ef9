import type { Work } from '../../compute/work.ts';
import { above, gamma } from '../../rounding.ts';
import { rowOf, type CentreForm } from '../centre-form/form.ts';
import type { RowRange } from './adjoint-ranges.ts';
import { chordOf } from './chord.ts';
import { rowsOf } from './tangent.ts';

/** A change of the input (or a deviation) as it arrives at every row of the form at the centre, and what that was rounded by. */
export interface Arrived {
  readonly middle: Float64Array;
  readonly rounding?: Float64Array;
}

/**
 * The largest change of one output for such a change, over all slopes, seen from the output (Shi et al., Efficiently computing local Lipschitz constants of neural networks via bound
 * propagation, NeurIPS 2022): an argument's change h counts |h| r |g| at most, g the output's derivative by the deviation, and |g| is at most its chord on the range of g,
 * which is linear in what comes behind.
 */
export function largestByAdjoint(form: CentreForm, range: RowRange, { middle, rounding }: Arrived): number {
  const { output, deviationLow, deviationHigh, beyond } = range;
  const row = form.arguments + output;
  const centre = rowOf(form.crossing, row, form.deviations);
  const columns = columnsOf(form);
  const changes = middle.slice();
  /** Sums of the absolute values of what was added to each change: rounding is relative to them. */
  const sizes = middle.map(Math.abs);
  const slack = gamma(2 * (form.arguments + form.deviations) + 32);
  let sum = middle[row]!;
  let size = Math.abs(sum);
  let lost = rounding?.[row] ?? 0;
  const counted = new Uint8Array(form.arguments);
  for (const group of form.groups) {
    const { remainder, arguments: places, deviations: own } = group;
    for (const { start, elements } of places)
      for (let t = start; t < start + elements.length; t++) {
        if (counted[t] === 1) continue;
        counted[t] = 1;
        lost += beyond[t]! * above(slack * sizes[t]! + (rounding?.[t] ?? 0));
      }
    if (remainder.factors === undefined) {
      // Bounded for all groups that look at the argument at once: too much where there are several, never too little.
      for (const { start, elements } of places)
        for (let t = start; t < start + elements.length; t++) {
          sum += Math.abs(changes[t]!) * beyond[t]!;
          size += Math.abs(changes[t]!) * beyond[t]!;
        }
      continue;
    }
    const rows = rowsOf(group);
    for (const [i, element] of own.elements.entries()) {
      const k = own.start + i;
      const reach = Math.abs(changes[rows[i]!]!) * remainder.factors[element]!;
      if (reach === 0) continue;
      const { slope, rest } = chordOf(deviationLow[k]!, deviationHigh[k]!);
      const factor = reach * slope;
      sum += factor * centre[k]! + reach * rest;
      size += Math.abs(factor * centre[k]!) + reach * rest;
      lost += 2 ** -50 * reach * Math.max(Math.abs(deviationLow[k]!), Math.abs(deviationHigh[k]!));
      if (factor === 0) continue;
      for (let t = rows[i]! + 1, at = k * form.arguments + t; t < form.arguments; t++, at++) {
        const part = factor * columns[at]!;
        changes[t]! += part;
        sizes[t]! += Math.abs(part);
      }
    }
  }
  const count = gamma(8 * (form.arguments + form.deviations) + 64);
  return above(sum + above(above(size * count) + above(lost * (1 + 2 ** -20))));
}

const knownColumns = new WeakMap<CentreForm, Float64Array>();

/** Deviations by arguments: a deviation's column in one piece, for thousands of looks at it. */
function columnsOf(form: CentreForm): Float64Array {
  const before = knownColumns.get(form);
  if (before !== undefined) return before;
  const columns = new Float64Array(form.deviations * form.arguments);
  for (let t = 0; t < form.arguments; t++)
    for (let k = 0; k < form.deviations; k++) columns[k * form.arguments + t] = form.crossing[t * form.deviations + k]!;
  knownColumns.set(form, columns);
  return columns;
}

/**
 * The same range with derivatives bounded by the relaxation as well: by deviations from the last one on, then by the inputs. So the signs of more entries are known, which is what the
 * norm of a row gains from. Of the inputs only so many as are asked for: those for which the norm gives most away.
 */
export async function narrowed(
  form: CentreForm,
  range: RowRange,
  work: Work,
  mostInputs = form.inputs,
): Promise<RowRange> {
  const rows = form.arguments + form.outputs;
  const [low, high] = [range.low.slice(), range.high.slice()];
  const [deviationLow, deviationHigh] = [range.deviationLow.slice(), range.deviationHigh.slice()];
  const better = { ...range, low, high, deviationLow, deviationHigh };
  /** Of an entry whose sign is known nothing more is asked. */
  const narrow = async (
    j: number,
    matrix: Float64Array,
    width: number,
    from: Float64Array,
    to: Float64Array,
  ): Promise<void> => {
    // prettier-ignore
    if (!isOpen(from[j]!, to[j]!)) return;
    const middle = Float64Array.from({ length: rows }, (_, t) => matrix[t * width + j]!);
    await work.breathe();
    to[j] = Math.min(to[j]!, largestByAdjoint(form, better, { middle }));
    await work.breathe();
    from[j] = Math.max(from[j]!, -largestByAdjoint(form, better, { middle: middle.map((value) => -value) }));
  };
  for (let k = form.deviations - 1; k >= 0; k--)
    await narrow(k, form.crossing, form.deviations, deviationLow, deviationHigh);
  for (const i of widest(range, mostInputs)) await narrow(i, form.direct, form.inputs, low, high);
  return better;
}

const isOpen = (low: number, high: number): boolean => low < 0 && high > 0;

/** The inputs whose chords give most away, in the order of the inputs. Alike up to rounding is alike, so that the same are chosen where the numbers were rounded otherwise. */
function widest({ low, high }: RowRange, most: number): readonly number[] {
  const open = [...low.keys()].filter((i) => isOpen(low[i]!, high[i]!));
  if (open.length <= most) return open;
  const given = low.map((from, i) => Math.fround(chordOf(from, high[i]!).rest));
  return open
    .toSorted((a, b) => given[b]! - given[a]! || a - b)
    .slice(0, most)
    .toSorted((a, b) => a - b);
}
