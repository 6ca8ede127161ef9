import { exactColumn, type AffineForms, type Column } from './affine-forms.ts';
import { valueOf, steepest, type Combination, type Pieces, type Term, type Unit } from './program.ts';

/** Collects the units of a program while the graph is walked; equal and opposite arguments share one unit. */
export class UnitList {
  readonly units: Unit[] = [];
  readonly #inputs: number;
  readonly #seen = new Map<string, { readonly unit: number; readonly sign: number }>();

  constructor(inputs: number) {
    this.#inputs = inputs;
  }

  /** Every element through its own function. */
  activated(forms: AffineForms, piecesOf: (element: number) => Pieces): AffineForms {
    const columns = new Map<number, Column>();
    const add = (basis: number, element: number, value: number, error: number): void => {
      if (value === 0 && error === 0) return;
      let column = columns.get(basis);
      if (column === undefined) columns.set(basis, (column = exactColumn(new Float64Array(forms.count))));
      column.values[element]! += value;
      column.errors[element]! += error;
    };
    for (let element = 0; element < forms.count; element++) {
      const argument = combinationOf(forms, element, this.#inputs);
      const pieces = piecesOf(element);
      const { value, error } = argument.constant;
      if (argument.inputs.length === 0 && argument.units.length === 0) {
        const image = valueOf(pieces, value);
        const rounding = Number.isInteger(steepest(pieces)) ? 0 : 2 ** -52 * Math.abs(image);
        add(0, element, image, rounding + error * steepest(pieces) * (1 + 2 ** -20));
        continue;
      }
      if (pieces.breaks.length === 0) {
        const slope = pieces.slopes[0]!;
        for (const [basis, column] of slope === 0 ? [] : forms.columns)
          add(basis, element, slope * column.values[element]!, roundedBy(slope, column, element));
        add(0, element, pieces.intercepts[0]!, 0);
        continue;
      }
      const { unit, sign } = this.#find(argument, pieces);
      add(1 + this.#inputs + unit, element, 1, 0);
      // f(-y) = f(y) - (left + right slope) y for one bend at 0: relu(-y) = relu(y) - y. The slopes are such that nothing is rounded.
      const tilt = sign === 1 ? 0 : pieces.slopes[0]! + pieces.slopes[1]!;
      if (tilt === 0) continue;
      for (const [basis, column] of forms.columns) add(basis, element, tilt * column.values[element]!, 0);
    }
    return { count: forms.count, columns };
  }

  #find(argument: Combination, pieces: Pieces): { readonly unit: number; readonly sign: number } {
    const key = keyOf(argument, pieces);
    const seen = key === undefined ? undefined : this.#seen.get(key.text);
    if (seen !== undefined) {
      const sign = seen.sign * key!.sign;
      if (sign === 1 || opposable(pieces)) return { unit: seen.unit, sign };
    }
    const unit = this.units.push({ argument, pieces }) - 1;
    if (key !== undefined) this.#seen.set(key.text, { unit, sign: key.sign });
    return { unit, sign: 1 };
  }
}

const opposable = ({ breaks, slopes }: Pieces): boolean =>
  breaks.length === 1 && breaks[0] === 0 && [0, 1].includes(Math.abs(slopes[0]! + slopes[1]!));

/** The same for arguments that differ in the sign alone; only exact ones can be known to be the same. */
function keyOf(argument: Combination, pieces: Pieces): { readonly text: string; readonly sign: number } | undefined {
  const terms = [argument.constant, ...argument.inputs, ...argument.units];
  if (terms.some(({ error }) => error !== 0)) return undefined;
  const first = terms.find(({ value }) => value !== 0);
  if (first === undefined) return undefined;
  const sign = Math.sign(first.value);
  const listed = (group: readonly Term[]): unknown => group.map(({ index, value }) => [index, sign * value]);
  const text = JSON.stringify([
    pieces,
    sign * argument.constant.value,
    listed(argument.inputs),
    listed(argument.units),
  ]);
  return { text, sign };
}

/** One element of a tensor as a sparse combination. */
export function combinationOf(forms: AffineForms, element: number, inputs: number): Combination {
  const own: Term[] = [];
  const units: Term[] = [];
  let constant = { value: 0, error: 0 };
  for (const [basis, { values, errors }] of forms.columns) {
    const coefficient = { value: values[element]!, error: errors[element]! };
    if (coefficient.value === 0 && coefficient.error === 0) continue;
    if (basis === 0) constant = coefficient;
    else if (basis <= inputs) own.push({ ...coefficient, index: basis - 1 });
    else units.push({ ...coefficient, index: basis - 1 - inputs });
  }
  const byIndex = (a: Term, b: Term): number => a.index - b.index;
  return { constant, inputs: own.sort(byIndex), units: units.sort(byIndex) };
}

/** A slope other than 1 and -1 rounds the product. */
const roundedBy = (slope: number, { values, errors }: Column, element: number): number =>
  Math.abs(slope) * errors[element]! * (1 + 2 ** -20) +
  (Math.abs(slope) === 1 ? 0 : 2 ** -52 * Math.abs(slope * values[element]!));
