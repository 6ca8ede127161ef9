import { above, gamma } from '../../rounding.ts';
import { rowOf, spreadOut, type CentreForm, type Group } from '../centre-form/form.ts';
import { chordOf } from './chord.ts';

/** One change of the input, followed forward: where each argument's and each output's change can be, and how large each deviation gets. */
export interface Tangent {
  /** At the centre, rows of the form, and what that was rounded by. */
  readonly middle: Float64Array;
  readonly rounding: Float64Array;
  /** Ranges, for all slopes. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly deviations: Float64Array;
}

/** The form's own errors are not in it: they are counted for all changes at once. */
export function tangentOf(form: CentreForm, change: Float64Array): Tangent {
  const rows = form.arguments + form.outputs;
  const tangent: Tangent = {
    middle: new Float64Array(rows),
    rounding: new Float64Array(rows),
    low: new Float64Array(rows),
    high: new Float64Array(rows),
    deviations: new Float64Array(form.deviations),
  };
  for (const { remainder, arguments: places, deviations: own } of form.groups) {
    for (const { start, elements } of places)
      for (let row = start; row < start + elements.length; row++) fill(form, tangent, change, row);
    const largest = tangent.low.map((low, row) => Math.max(Math.abs(low), Math.abs(tangent.high[row]!)));
    const sizes = remainder.forward(places.map((place) => spreadOut(place, largest)));
    own.elements.forEach((element, k) => (tangent.deviations[own.start + k] = above(sizes[element]! * (1 + 2 ** -40))));
  }
  for (let o = 0; o < form.outputs; o++) fill(form, tangent, change, form.arguments + o);
  return tangent;
}

function fill(form: CentreForm, tangent: Tangent, change: Float64Array, row: number): void {
  const slack = gamma(2 * (form.inputs + form.deviations) + 32);
  const direct = rowOf(form.direct, row, form.inputs);
  let [sum, size, far] = [0, 0, 0];
  for (let i = 0; i < direct.length; i++) {
    const summand = direct[i]! * change[i]!;
    sum += summand;
    size += Math.abs(summand);
  }
  const crossing = rowOf(form.crossing, row, form.deviations);
  for (let k = 0; k < crossing.length; k++) far += Math.abs(crossing[k]!) * tangent.deviations[k]!;
  const rounding = above(slack * size);
  const radius = above(above(far * (1 + slack)) + rounding);
  tangent.middle[row] = sum;
  tangent.rounding[row] = rounding;
  tangent.high[row] = above(sum + radius);
  tangent.low[row] = -above(radius - sum);
}

/**
 * The largest sum of some rows, each times its factor, over all slopes, by a linear relaxation back to the input: a deviation w, times a coefficient c, is at most |c| r |y|, and
 * |y| at most its chord on the range of y, which is linear in the deviations before it.
 */
export function largestOf(
  form: CentreForm,
  tangent: Tangent,
  weighted: readonly (readonly [row: number, factor: number])[],
): number {
  const { middle, rounding, low, high, deviations } = tangent;
  const before = form.groups;
  const end = form.deviations;
  const coefficients = new Float64Array(end);
  /** Sums of the absolute values of the same summands: rounding is relative to them. */
  const sizes = new Float64Array(end);
  const slack = gamma(2 * (form.arguments + form.outputs) + 32);
  let [sum, size, lost] = [0, 0, 0];
  const take = (row: number, factor: number): void => {
    const summand = factor * middle[row]!;
    sum += summand;
    size += Math.abs(summand);
    lost += Math.abs(factor) * rounding[row]!;
    const at = row * form.deviations;
    for (let k = 0; k < end; k++) {
      const part = factor * form.crossing[at + k]!;
      coefficients[k]! += part;
      sizes[k]! += Math.abs(part);
    }
  };
  for (const [row, factor] of weighted) take(row, factor);
  for (let g = before.length - 1; g >= 0; g--) {
    const { remainder, deviations: own } = before[g]!;
    const { factors } = remainder;
    const rows = factors === undefined ? undefined : rowsOf(before[g]!);
    for (const [i, element] of own.elements.entries()) {
      const k = own.start + i;
      const coefficient = Math.abs(coefficients[k]!);
      lost += slack * sizes[k]! * deviations[k]!;
      if (coefficient === 0) continue;
      if (factors === undefined || rows === undefined) {
        sum += coefficient * deviations[k]!;
        size += coefficient * deviations[k]!;
        continue;
      }
      const row = rows[i]!;
      const reach = above(coefficient * factors[element]!);
      const { slope, rest } = chordOf(low[row]!, high[row]!);
      sum += reach * rest;
      size += reach * rest;
      take(row, reach * slope);
      // The factor of the row was rounded, and stands for one that is a unit off.
      lost += 2 ** -51 * reach * Math.max(Math.abs(low[row]!), Math.abs(high[row]!));
    }
  }
  const count = gamma(8 * (form.arguments + form.outputs + form.deviations) + 64);
  return above(sum + above(above(size * count) + above(lost * (1 + 2 ** -20))));
}

const knownRows = new WeakMap<Group, Int32Array>();

/** For each deviation of a group whose units stand alone, the row of its argument. */
export function rowsOf(group: Group): Int32Array {
  const before = knownRows.get(group);
  if (before !== undefined) return before;
  const { elements, start } = group.arguments[0]!;
  const rowAt = new Map(Array.from(elements, (element, i) => [element, start + i]));
  const rows = Int32Array.from(group.deviations.elements, (element) => rowAt.get(element)!);
  knownRows.set(group, rows);
  return rows;
}
