import type { Work } from '../../compute/work.ts';
import type { Lines } from '../../operators/definition.ts';
import type { Enclosure } from '../../operators/enclosure.ts';
import { above, gamma, unit } from '../../rounding.ts';
import type { Highest } from './concretise.ts';
import type { ValueStep } from './value-step.ts';

/** Rows that are pulled back together. */
const together = 32;

/** The steps up to a tensor, the boxes of all tensors, and what a function of the input can reach. */
export interface Relaxed {
  readonly steps: readonly ValueStep[];
  readonly boxes: ReadonlyMap<string, Enclosure>;
  readonly input: string;
  readonly highest: Highest;
}

/**
 * Above which values some elements of a tensor do not come, and not below which: each is pulled back, step by step, as a linear function that is never less
 * (CROWN; Zhang et al. 2018, on any graph as in auto_LiRPA; Xu et al. 2020). At every moment value <= sum of rows times tensors + constant holds on the region in exact
 * arithmetic: what a rounded row may be off, times the largest values of the tensor that it is a function of, goes into the constant.
 */
export async function rangesOfElements(
  relaxed: Relaxed,
  target: string,
  elements: readonly number[],
  work: Work,
): Promise<{ readonly lower: Float64Array; readonly upper: Float64Array }> {
  const lower = new Float64Array(elements.length);
  const upper = new Float64Array(elements.length);
  for (let first = 0; first < elements.length; first += together) {
    const part = elements.slice(first, first + together);
    const functions = part.flatMap((element) => [
      { element, sign: 1 },
      { element, sign: -1 },
    ]);
    const highest = await highestOf(relaxed, target, functions, work);
    for (let k = 0; k < part.length; k++) {
      upper[first + k] = highest[2 * k]!;
      lower[first + k] = -highest[2 * k + 1]!;
    }
  }
  return { lower, upper };
}

async function highestOf(
  { steps, boxes, input, highest }: Relaxed,
  target: string,
  functions: readonly { readonly element: number; readonly sign: number }[],
  work: Work,
): Promise<Float64Array> {
  const constants = functions.map(() => new Constant());
  const rows = new Map<string, Float64Array[]>();
  const size = boxes.get(target)!.lower.length;
  rows.set(
    target,
    functions.map(({ element, sign }) => {
      const values = new Float64Array(size);
      values[element] = sign;
      return values;
    }),
  );
  const add = (name: string, k: number, values: Float64Array): void => {
    const all = rows.get(name) ?? [];
    if (all.length === 0) rows.set(name, all);
    const old = all[k];
    if (old === undefined) all[k] = values;
    else constants[k]!.added(old, values, largestOf(boxes.get(name)!));
  };
  for (let at = lastOf(steps, target); at >= 0; at--) {
    const { to, lanes, bent, lower, upper } = steps[at]!;
    const own = rows.get(to);
    if (own === undefined) continue;
    await work.breathe();
    rows.delete(to);
    for (const [k, values] of own.entries()) {
      constants[k]!.between(values, lower, upper);
      for (const { from, map, reach } of lanes) {
        constants[k]!.rounded(values, reach, gamma(map.terms + 4) + 2 * map.entryError);
        add(from, k, map.applyTransposed(values));
      }
      if (bent !== undefined)
        add(bent.from, k, constants[k]!.bent(values, bent.lines, largestOf(boxes.get(bent.from)!)));
    }
  }
  const ends = rows.get(input);
  return Float64Array.from(constants, (constant, k) => {
    const row = ends?.[k];
    return above(constant.value() + (row === undefined ? 0 : highest(row)));
  });
}

const largestSeen = new WeakMap<Enclosure, Float64Array>();
function largestOf(box: Enclosure): Float64Array {
  const known = largestSeen.get(box);
  if (known !== undefined) return known;
  const largest = box.lower.map((low, i) => Math.max(Math.abs(low), Math.abs(box.upper[i]!)));
  largestSeen.set(box, largest);
  return largest;
}

function lastOf(steps: readonly ValueStep[], target: string): number {
  for (let at = steps.length - 1; at >= 0; at--) if (steps[at]!.to === target) return at;
  return -1;
}

/** Above anything that underflow can add to sums of numbers below 2^100. */
const underflow = 2 ** -800;

/** What is added to the rows so far, and what rounding may have lost on the way. */
class Constant {
  #sum = 0;
  #size = 0;
  #count = 8;
  #lost = 0;

  between(values: Float64Array, lower: Float64Array, upper: Float64Array): void {
    let [sum, size, count] = [0, 0, 0];
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value === 0) continue;
      const summand = value * (value > 0 ? upper[i]! : lower[i]!);
      sum += summand;
      size += Math.abs(summand);
      count++;
    }
    this.#take(sum, size, count);
  }

  /** A row pulled back through a map: each entry lost at most this share of the sum of its summands' sizes. */
  rounded(values: Float64Array, reach: Float64Array, share: number): void {
    let size = 0;
    for (let i = 0; i < values.length; i++) size += Math.abs(values[i]!) * reach[i]!;
    this.#lost += share * size;
  }

  /** old += values. */
  added(old: Float64Array, values: Float64Array, largest: Float64Array): void {
    let size = 0;
    for (let i = 0; i < old.length; i++) {
      old[i]! += values[i]!;
      size += Math.abs(old[i]!) * largest[i]!;
    }
    this.#lost += unit * size;
  }

  /** The row in the tensor before a bent one, in the place of the row itself: on each side the line that cannot be passed. */
  bent(values: Float64Array, lines: Lines, largest: Float64Array): Float64Array {
    const { lowerSlope, lowerOffset, upperSlope, upperOffset } = lines;
    let [sum, size, lost, count] = [0, 0, 0, 0];
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value === 0) continue;
      const summand = value * (value > 0 ? upperOffset[i]! : lowerOffset[i]!);
      const pulled = value * (value > 0 ? upperSlope[i]! : lowerSlope[i]!);
      values[i] = pulled;
      sum += summand;
      size += Math.abs(summand);
      lost += Math.abs(pulled) * largest[i]!;
      count++;
    }
    this.#take(sum, size, count);
    this.#lost += unit * lost;
    return values;
  }

  value(): number {
    const slack = above(this.#size * gamma(2 * this.#count)) + above(this.#lost * (1 + 2 ** -20));
    return above(this.#sum + above(slack + underflow));
  }

  #take(sum: number, size: number, count: number): void {
    this.#sum += sum;
    this.#size += size;
    this.#count += count + 1;
  }
}
