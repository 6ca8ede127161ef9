import type { Norm } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import { above, gamma } from '../../rounding.ts';
import type { CentreForm } from '../centre-form/form.ts';
import { largestByAdjoint, narrowed } from './adjoint.ts';
import { rangeOfRow, type RowRange } from './adjoint-ranges.ts';
import { chordOf } from './chord.ts';
import { largestOf, tangentOf, type Tangent } from './tangent.ts';

/** Multiplications: of all rows or columns, and of the derivatives of one row that is narrowed. */
const mostProducts = 4e9;

/** Better and better bounds in l-infinity or l1; nothing where it would take too long. Given time, always the same. */
export async function* relaxedNorms(form: CentreForm, norm: Norm, work: Work): AsyncGenerator<number> {
  if (norm === 'linf' && canRelax(form)) yield* largestRows(form, work);
  if (norm === 'l1' && productsOfOne(form) * form.inputs <= mostProducts) {
    const value = await largestColumn(form, work);
    if (value !== undefined) yield value;
  }
}

/** Of a row or a column. */
const productsOfOne = (form: CentreForm): number =>
  (form.arguments + form.outputs) * (form.inputs + 3 * form.deviations);

/** Whether a look at every row is a matter of seconds. */
export const canRelax = (form: CentreForm): boolean => productsOfOne(form) * form.outputs <= mostProducts;

/** Whether a row is narrowed in seconds. */
export const canNarrow = (form: CentreForm): boolean =>
  form.arguments * form.deviations * (form.inputs + form.deviations) <= mostProducts;

/**
 * A row of absolute values is a sum with signs where the signs of the Jacobian are known, and under chords where they are not: the largest value of one linear function of the Jacobian,
 * at one change of the input. The row that is the largest is narrowed until another one is.
 */
async function* largestRows(form: CentreForm, work: Work): AsyncGenerator<number> {
  const rows: { readonly range: RowRange; value: number; narrow: boolean }[] = [];
  for (let o = 0; o < form.outputs; o++) {
    await work.breathe();
    if (work.remainingSeconds() <= 0) return;
    const range = rangeOfRow(form, o);
    rows.push({ range, value: rowNorm(form, range).value, narrow: false });
  }
  const largest = (): (typeof rows)[number] => rows.reduce((most, row) => (row.value > most.value ? row : most));
  yield largest().value;
  if (!canNarrow(form)) return;
  for (let worst = largest(); !worst.narrow; worst = largest()) {
    await work.breathe();
    if (work.remainingSeconds() <= 0) return;
    worst.value = Math.min(worst.value, rowNorm(form, await narrowed(form, worst.range, work)).value);
    worst.narrow = true;
    yield largest().value;
  }
}

/** The largest l1 norm of a row of the Jacobian, and the change of the input with the signs that it has where they are known. */
export function rowNorm(form: CentreForm, range: RowRange): { readonly value: number; readonly tangent: Tangent } {
  const { output, low, high, error } = range;
  const slopes = new Float64Array(low.length);
  let [rest, absolute] = [0, 0];
  for (let i = 0; i < low.length; i++) {
    const chord = chordOf(low[i]!, high[i]!);
    slopes[i] = chord.slope;
    rest += chord.rest;
    absolute += Math.max(Math.abs(low[i]!), Math.abs(high[i]!));
  }
  const slack = 1 + gamma(2 * low.length + 8);
  const tangent = tangentOf(form, slopes);
  const forward = largestOf(form, tangent, [[form.arguments + output, 1]]);
  const signed = above(Math.min(forward, largestByAdjoint(form, range, tangent)) + above(rest * slack));
  return { value: above(Math.max(0, Math.min(signed, above(absolute * slack))) + error), tangent };
}

/** The same for columns: one unit change of the input, and the signs of the outputs. */
async function largestColumn(form: CentreForm, work: Work): Promise<number | undefined> {
  let error = 0;
  for (let o = 0; o < form.outputs; o++) error = above(error + rangeOfRow(form, o).error);
  let largest = 0;
  for (let i = 0; i < form.inputs; i++) {
    await work.breathe();
    if (work.remainingSeconds() <= 0) return undefined;
    const change = new Float64Array(form.inputs);
    change[i] = 1;
    const tangent = tangentOf(form, change);
    let [rest, absolute] = [0, 0];
    const weighted = Array.from({ length: form.outputs }, (_, o) => {
      const row = form.arguments + o;
      const [low, high] = [tangent.low[row]!, tangent.high[row]!];
      const chord = chordOf(low, high);
      rest = above(rest + chord.rest);
      absolute = above(absolute + Math.max(Math.abs(low), Math.abs(high)));
      return [row, chord.slope] as const;
    });
    largest = Math.max(largest, Math.min(above(largestOf(form, tangent, weighted) + rest), absolute));
  }
  return above(largest + error);
}
