import type { Offset } from '../../operators/definition.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { gamma, tiny, unit } from '../../rounding.ts';

/**
 * The elements of a tensor as affine functions of the basis: column 0 is the constant, then the inputs, then the units.
 * Columns that are missing are zero, exactly.
 */
export interface AffineForms {
  readonly count: number;
  readonly columns: ReadonlyMap<number, Column>;
}

export interface Column {
  readonly values: Float64Array;
  /** Bound of the error of every value. */
  readonly errors: Float64Array;
}

/** Errors are sums of a few roundings themselves. */
const outward = 1 + 2 ** -20;

export const exactColumn = (values: Float64Array): Column => ({ values, errors: new Float64Array(values.length) });

/** W forms + offset. */
export function mapped(map: LinearMap, offset: Offset | undefined, forms: AffineForms): AffineForms {
  let magnitude: LinearMap | undefined;
  const columns = new Map<number, Column>();
  for (const [basis, { values, errors }] of forms.columns) {
    const image = map.apply(values);
    const exact = errors.every((error) => error === 0);
    if (exact && map.entryError === 0 && (onlyMoves(map) || readsEntries(map, values))) {
      columns.set(basis, exactColumn(image));
      continue;
    }
    magnitude ??= map.magnitude();
    const sizes = magnitude.apply(values.map(Math.abs));
    const spread = magnitude.apply(errors.map((error) => error * (1 + map.entryError)));
    const relative = (onlyMoves(map) ? 0 : gamma(2 * map.terms + 8)) + map.entryError;
    columns.set(basis, {
      values: image,
      errors: sizes.map(
        (size, i) => outward * (relative * size + spread[i]!) + (relative === 0 ? 0 : map.terms * tiny),
      ),
    });
  }
  const result = { count: map.rows, columns };
  if (offset === undefined) return result;
  const shift = { values: offset.values, errors: new Float64Array(map.rows).fill(offset.error) };
  return sum([result, { count: map.rows, columns: new Map([[0, shift]]) }], [1, 1]);
}

/** Elements change places and signs, which rounds nothing. */
const onlyMoves = ({ structure }: LinearMap): boolean =>
  structure.kind === 'selection' ||
  (structure.kind === 'diagonal' && structure.entries.every((entry) => Math.abs(entry) === 1));

/** A unit vector is multiplied and summed without rounding: the map's own numbers come back. */
function readsEntries({ structure }: LinearMap, values: Float64Array): boolean {
  if (structure.kind !== 'dense' && structure.kind !== 'diagonal' && structure.kind !== 'convolution') return false;
  let ones = 0;
  for (const value of values) {
    if (value === 0) continue;
    if (Math.abs(value) !== 1) return false;
    ones++;
  }
  return ones === 1;
}

/** Sum of signed forms of equal size. */
export function sum(summands: readonly AffineForms[], signs: readonly number[]): AffineForms {
  const count = summands[0]!.count;
  const columns = new Map<number, Column>();
  for (const [k, forms] of summands.entries())
    for (const [basis, column] of forms.columns) {
      const old = columns.get(basis);
      if (old === undefined) {
        const values = signs[k] === 1 ? column.values.slice() : column.values.map((value) => signs[k]! * value);
        columns.set(basis, { values, errors: column.errors.slice() });
        continue;
      }
      for (let i = 0; i < count; i++) {
        const [total, lost] = twoSum(old.values[i]!, signs[k]! * column.values[i]!);
        old.values[i] = total;
        const error = old.errors[i]! + column.errors[i]! + Math.abs(lost);
        old.errors[i] = error === 0 ? 0 : outward * error;
      }
    }
  return { count, columns };
}

/** The rounded sum and what rounding lost, exactly (Knuth): most sums of weights lose nothing. */
function twoSum(a: number, b: number): readonly [number, number] {
  const total = a + b;
  const part = total - a;
  return [total, a - (total - part) + (b - part)];
}

/** factor y + shift. */
export function scaled(forms: AffineForms, factor: number, shift: number): AffineForms {
  const exact = Math.abs(factor) === 1;
  const columns = new Map<number, Column>();
  for (const [basis, { values, errors }] of forms.columns)
    columns.set(basis, {
      values: values.map((value) => factor * value),
      errors: errors.map(
        (error, i) =>
          outward * Math.abs(factor) * error + (exact ? 0 : outward * unit * Math.abs(factor * values[i]!) + tiny),
      ),
    });
  const result = { count: forms.count, columns };
  if (shift === 0) return result;
  return sum([result, constantForms(new Float64Array(forms.count).fill(shift))], [1, 1]);
}

export const constantForms = (values: Float64Array): AffineForms => ({
  count: values.length,
  columns: new Map([[0, exactColumn(values)]]),
});

/** Element i becomes element source[i]. */
export function picked(forms: AffineForms, source: Int32Array): AffineForms {
  const columns = new Map<number, Column>();
  for (const [basis, { values, errors }] of forms.columns)
    columns.set(basis, {
      values: Float64Array.from(source, (from) => values[from]!),
      errors: Float64Array.from(source, (from) => errors[from]!),
    });
  return { count: source.length, columns };
}

/** Parts laid into one tensor; part k's element i lands at places[k][i]. */
export function joined(parts: readonly AffineForms[], places: readonly Int32Array[]): AffineForms {
  const count = parts.reduce((total, part) => total + part.count, 0);
  const columns = new Map<number, Column>();
  for (const [k, part] of parts.entries())
    for (const [basis, { values, errors }] of part.columns) {
      let column = columns.get(basis);
      if (column === undefined) columns.set(basis, (column = exactColumn(new Float64Array(count))));
      for (const [i, to] of places[k]!.entries()) {
        column.values[to] = values[i]!;
        column.errors[to] = errors[i]!;
      }
    }
  return { count, columns };
}
