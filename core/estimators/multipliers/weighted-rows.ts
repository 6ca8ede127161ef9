import { above, gamma } from '../../rounding.ts';
import type { LinearForm, NormalForm, WindowsLaw } from './normal-form.ts';
import { elementsInReadingOrder } from './reading-order.ts';
import { sizeAt } from './sparse-matrix.ts';
import { windowLaw } from './window-law.ts';

/**
 * H as a sum of weight (zeta z_i + u y)^2-like parts: squares of single variables, products of a variable with a row, squares of
 * rows. Every one is (factor) times entries of the row.
 */
export interface Rows {
  /** weight v_i^2. */
  readonly squares: readonly { readonly variable: number; readonly weight: number }[];
  /** own v_i^2 + 2 cross v_i y + inner y^2, y a sparse row over all variables; without a variable only inner y^2. */
  readonly rows: readonly WeightedRow[];
  /** Relative error of the entries of any row against its majorants. */
  readonly error: number;
}

export interface WeightedRow {
  readonly variable: number | undefined;
  readonly own: number;
  readonly cross: number;
  readonly inner: number;
  readonly indices: Int32Array;
  readonly values: Float64Array;
  readonly majorants: Float64Array;
}

export function weightedRows(form: NormalForm, multipliers: readonly Float64Array[], square: number): Rows {
  const starts: number[] = [];
  form.sizes.reduce((at, size) => (starts.push(at), at + size), 0);
  const places = placesOf(form);
  const variables = places.map((own, block) => own.map((place) => starts[block]! + place));
  const squares = Array.from({ length: form.sizes[0]! }, (_, i) => ({ variable: i, weight: square }));
  const rows: WeightedRow[] = [];
  for (const [at, { block, input, law }] of form.units.entries()) {
    const own = multipliers[at]!;
    const first = starts[block]!;
    if (law.kind === 'ball')
      for (let i = 0; i < form.sizes[block]!; i++) squares.push({ variable: first + i, weight: own[0]! });
    if (law.kind === 'windows') {
      addWindows(rows, input, law, own, first, places[block]!, variables);
      continue;
    }
    for (let i = 0; i < input.rows; i++) {
      const row = rowOf(input, i, variables);
      if (law.kind === 'ball') {
        rows.push({ variable: undefined, own: 0, cross: 0, inner: -own[0]! * (law.gain * law.gain), ...row });
        continue;
      }
      const [lam, low, high] = [own[i]!, law.lower[i]!, law.upper[i]!];
      rows.push({
        variable: first + places[block]![i]!,
        own: lam,
        cross: -lam * ((low + high) / 2),
        inner: lam * (low * high),
        ...row,
      });
    }
  }
  for (let i = 0; i < form.output.rows; i++)
    rows.push({ variable: undefined, own: 0, cross: 0, inner: -1, ...rowOf(form.output, i, variables) });
  const forms = [...form.units.map(({ input }) => input), form.output];
  const exact = forms.reduce((most, { parts }) => [...parts.values()].reduce((a, b) => Math.max(a, b.error), most), 0);
  const widest = form.units.reduce(
    (most, { law }) => (law.kind === 'windows' ? Math.max(most, widestOf(law)) : most),
    0,
  );
  const error = widest === 0 ? exact : above(above((1 + exact) * (1 + 2 * gamma(widest + 2))) - 1);
  return { squares, rows, error };
}

/** Every window's lam ((z - centre s)^2 - total s^2 - sum of each y^2), s the sum of its rows y. */
function addWindows(
  rows: WeightedRow[],
  input: LinearForm,
  { starts: windows, floored }: WindowsLaw,
  own: Float64Array,
  first: number,
  places: Int32Array,
  variables: readonly Int32Array[],
): void {
  const theta = own[windows.length - 1]!;
  for (let k = 0; k + 1 < windows.length; k++) {
    const members = Array.from({ length: windows[k + 1]! - windows[k]! }, (_, i) =>
      rowOf(input, windows[k]! + i, variables),
    );
    const { centre, each, total } = windowLaw(members.length, floored, theta);
    const lam = own[k]!;
    const sums = sumOf(members);
    rows.push({
      variable: first + places[k]!,
      own: lam,
      cross: -lam * centre,
      inner: lam * (centre * centre),
      ...sums,
    });
    rows.push({ variable: undefined, own: 0, cross: 0, inner: -lam * total, ...sums });
    for (const member of members) rows.push({ variable: undefined, own: 0, cross: 0, inner: -lam * each, ...member });
  }
}

/** The sum of rows; the roundings of it are fewer than a row's entries, which `error` counts. */
function sumOf(rows: readonly RowEntries[]): RowEntries {
  const sums = new Map<number, [number, number]>();
  for (const { indices, values, majorants } of rows)
    indices.forEach((j, at) => {
      const [value, size] = sums.get(j) ?? [0, 0];
      sums.set(j, [value + values[at]!, above(size + majorants[at]!)]);
    });
  const entries = [...sums].sort(([a], [b]) => a - b);
  return {
    indices: Int32Array.from(entries, ([j]) => j),
    values: Float64Array.from(entries, ([, [value]]) => value),
    majorants: Float64Array.from(entries, ([, [, size]]) => size),
  };
}

type RowEntries = Pick<WeightedRow, 'indices' | 'values' | 'majorants'>;

function rowOf({ parts }: LinearForm, i: number, variables: readonly Int32Array[]): RowEntries {
  let count = 0;
  for (const { starts } of parts.values()) count += starts[i + 1]! - starts[i]!;
  const indices = new Int32Array(count);
  const values = new Float64Array(count);
  const majorants = new Float64Array(count);
  let to = 0;
  let isSorted = true;
  for (const [block, part] of parts) {
    const own = variables[block]!;
    for (let at = part.starts[i]!; at < part.starts[i + 1]!; at++, to++) {
      indices[to] = own[part.indices[at]!]!;
      values[to] = part.values[at]!;
      majorants[to] = sizeAt(part, at);
      if (to > 0 && indices[to]! < indices[to - 1]!) isSorted = false;
    }
  }
  if (isSorted) return { indices, values, majorants };
  const order = Int32Array.from(indices, (_, at) => at).sort((p, q) => indices[p]! - indices[q]!);
  return {
    indices: Int32Array.from(order, (at) => indices[at]!),
    values: Float64Array.from(order, (at) => values[at]!),
    majorants: Float64Array.from(order, (at) => majorants[at]!),
  };
}

/** Where each variable of a block stands: elements of feature maps in reading order, so that the matrix keeps near its diagonal. */
function placesOf({ sizes, units }: NormalForm): Int32Array[] {
  const places = sizes.map((size) => Int32Array.from({ length: size }, (_, i) => i));
  for (const { block, grid } of units)
    if (grid !== undefined) elementsInReadingOrder(grid).forEach((from, to) => (places[block]![from] = to));
  return places;
}

const widestOf = ({ starts }: WindowsLaw): number =>
  starts.reduce((most, start, k) => (k === 0 ? most : Math.max(most, start - starts[k - 1]!)), 0);
