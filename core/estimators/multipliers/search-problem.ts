import { elementsInReadingOrder } from './reading-order.ts';
import { scalesOf } from './dense-problem.ts';
import { groupsOf, type Grid, type LinearForm, type NormalForm, type Unit } from './normal-form.ts';
import { type Part, partOf, type Sparse } from './part.ts';
import type { SparseMatrix } from './sparse-matrix.ts';
import { thetaRange, windowLaw, windowLawSlope } from './window-law.ts';

/** A linear form of the blocks, in search variables. */
export type SearchForm = ReadonlyMap<number, Part>;

/**
 * The numbers of a unit's law: for each group g (an element, a window, the whole of a ball)
 *   sum over its z_k of (z_k - centre_k s_k)^2 <= sum over its rows of each_i y_i^2 + sum over its k of total_k s_k^2,
 * s_k the sum of the rows that belong to z_k.
 */
export interface SearchLaw {
  readonly centre: Float64Array;
  readonly each: Float64Array;
  readonly total: Float64Array;
}

export interface SearchUnit {
  readonly block: number;
  /** Number of z. */
  readonly size: number;
  /** y and s; the same where every z has one row. Without centres there is no s. */
  readonly rows: SearchForm;
  readonly sums: SearchForm;
  readonly rowCount: number;
  readonly groups: number;
  readonly groupOfRow: Int32Array;
  readonly groupOfVariable: Int32Array;
  /** The law, and how it changes with theta where it has one. */
  law(theta: number): SearchLaw;
  lawSlope?(theta: number): SearchLaw;
  /** Slopes from 0 on: the unit adds nothing to the blocks before it. */
  readonly isOneSided: boolean;
  /** Of every group: where groups of a feature map share their multipliers first. */
  readonly channels: Int32Array | undefined;
}

/**
 * The normal form in numbers near 1, for searching: every block is measured in a power of two of its own, and the elements of feature
 * maps stand in reading order, all channels of a position together, which keeps matrices near their diagonals.
 */
export interface SearchProblem {
  readonly sizes: readonly number[];
  readonly units: readonly SearchUnit[];
  readonly output: SearchForm;
  readonly outputs: number;
  readonly scales: readonly number[];
  readonly outputScale: number;
  /** Of every unit: which multiplier of the normal form stands at each place. */
  readonly orders: readonly Int32Array[];
}

export function searchProblem(form: NormalForm): SearchProblem {
  const { scales, outputScale } = scalesOf(form);
  const orders = form.units.map((unit) => orderOf(unit));
  const places = form.sizes.map((size) => Int32Array.from({ length: size }, (_, i) => i));
  form.units.forEach(({ block, law }, at) => {
    if (law.kind !== 'ball') orders[at]!.forEach((from, to) => (places[block]![from] = to));
  });
  const units = form.units.map((unit, at) => searchUnit(unit, orders[at]!, places, form.sizes, scales));
  const outputs = form.output.rows;
  const all = Int32Array.from({ length: outputs }, (_, i) => i);
  const output = searchForm(form.output, all, places, form.sizes, scales, outputScale);
  return { sizes: form.sizes, units, output, outputs, scales, outputScale, orders };
}

const orderOf = (unit: Unit): Int32Array => {
  const groups = groupsOf(unit);
  return unit.grid === undefined || unit.law.kind === 'ball'
    ? Int32Array.from({ length: groups }, (_, i) => i)
    : elementsInReadingOrder(unit.grid);
};

function searchUnit(
  { block, input, law, grid }: Unit,
  order: Int32Array,
  places: readonly Int32Array[],
  sizes: readonly number[],
  scales: readonly number[],
): SearchUnit {
  const size = sizes[block]!;
  const formOf = (rows: Int32Array, starts?: Int32Array): SearchForm =>
    searchForm(input, rows, places, sizes, scales, scales[block]!, starts);
  const channels = channelsOf(grid, order);
  const common = { block, size, channels };
  if (law.kind === 'ball') {
    const every = Int32Array.from({ length: input.rows }, (_, i) => i);
    const fixed: SearchLaw = {
      centre: new Float64Array(0),
      each: new Float64Array(input.rows).fill(law.gain * law.gain),
      total: new Float64Array(0),
    };
    return {
      ...common,
      channels: undefined,
      rows: formOf(every),
      sums: new Map(),
      rowCount: input.rows,
      groups: 1,
      groupOfRow: new Int32Array(input.rows),
      groupOfVariable: new Int32Array(size),
      law: () => fixed,
      isOneSided: false,
    };
  }
  const own = Int32Array.from({ length: size }, (_, i) => i);
  if (law.kind === 'slopes') {
    const low = Float64Array.from(order, (from) => law.lower[from]!);
    const high = Float64Array.from(order, (from) => law.upper[from]!);
    const fixed: SearchLaw = {
      centre: low.map((a, i) => (a + high[i]!) / 2),
      each: low.map((a, i) => ((high[i]! - a) / 2) ** 2),
      total: new Float64Array(size),
    };
    const rows = formOf(order);
    return {
      ...common,
      rows,
      sums: rows,
      rowCount: size,
      groups: size,
      groupOfRow: own,
      groupOfVariable: own,
      law: () => fixed,
      isOneSided: low.every((a, i) => a * high[i]! === 0),
    };
  }
  const counts = order.map((k) => law.starts[k + 1]! - law.starts[k]!);
  const elements = [...order].flatMap((k) =>
    Array.from({ length: law.starts[k + 1]! - law.starts[k]! }, (_, i) => law.starts[k]! + i),
  );
  const starts = new Int32Array(size + 1);
  counts.forEach((count, k) => (starts[k + 1] = starts[k]! + count));
  const groupOfRow = Int32Array.from([...counts].flatMap((count, k) => Array.from({ length: count }, () => k)));
  const spread = (lawOf: (count: number) => { centre: number; each: number; total: number }): SearchLaw => {
    const laws = new Map([...new Set(counts)].map((count) => [count, lawOf(count)]));
    return {
      centre: Float64Array.from(counts, (count) => laws.get(count)!.centre),
      each: Float64Array.from(groupOfRow, (k) => laws.get(counts[k]!)!.each),
      total: Float64Array.from(counts, (count) => laws.get(count)!.total),
    };
  };
  return {
    ...common,
    rows: formOf(Int32Array.from(elements)),
    sums: formOf(Int32Array.from(elements), starts),
    rowCount: elements.length,
    groups: size,
    groupOfRow,
    groupOfVariable: own,
    law: (theta) => spread((count) => windowLaw(count, law.floored, theta)),
    ...(law.floored ? { lawSlope: (theta: number) => spread((count) => windowLawSlope(count, theta)) } : {}),
    isOneSided: false,
  };
}

export const firstTheta = thetaRange.first;

/** The channel of every group, or undefined where each has its own. */
function channelsOf(grid: Grid | undefined, order: Int32Array): Int32Array | undefined {
  if (grid === undefined) return undefined;
  const channels = order.map((from) => grid.channels[from]!);
  return new Set(channels).size < channels.length ? channels : undefined;
}

/** The given rows (with `starts`, sums of them), columns by their places, in units of the scales. */
function searchForm(
  { parts }: LinearForm,
  rows: Int32Array,
  places: readonly Int32Array[],
  sizes: readonly number[],
  scales: readonly number[],
  scale: number,
  starts?: Int32Array,
): SearchForm {
  return new Map(
    [...parts].map(([block, matrix]) => {
      const factor = scales[block]! / scale;
      const place = places[block]!;
      const picked =
        starts === undefined
          ? pickedRows(matrix, rows, place, factor)
          : summedRows(matrix, rows, starts, place, factor);
      return [block, partOf({ ...picked, columns: sizes[block]! })];
    }),
  );
}

type Rows = Omit<Sparse, 'columns'>;

function pickedRows(matrix: SparseMatrix, rows: Int32Array, place: Int32Array, factor: number): Rows {
  const starts = new Int32Array(rows.length + 1);
  for (let k = 0; k < rows.length; k++)
    starts[k + 1] = starts[k]! + matrix.starts[rows[k]! + 1]! - matrix.starts[rows[k]!]!;
  const indices = new Int32Array(starts[rows.length]!);
  const values = new Float64Array(indices.length);
  for (let k = 0, to = 0; k < rows.length; k++)
    for (let at = matrix.starts[rows[k]!]!; at < matrix.starts[rows[k]! + 1]!; at++, to++) {
      indices[to] = place[matrix.indices[at]!]!;
      values[to] = factor * matrix.values[at]!;
    }
  return { rows: rows.length, starts, indices, values };
}

/** Row k is the sum of rows starts[k] .. starts[k + 1] - 1 of those given. */
function summedRows(
  matrix: SparseMatrix,
  rows: Int32Array,
  starts: Int32Array,
  place: Int32Array,
  factor: number,
): Rows {
  const count = starts.length - 1;
  const begins = new Int32Array(count + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let k = 0; k < count; k++) {
    const sums = new Map<number, number>();
    for (let r = starts[k]!; r < starts[k + 1]!; r++) {
      const i = rows[r]!;
      for (let at = matrix.starts[i]!; at < matrix.starts[i + 1]!; at++) {
        const j = place[matrix.indices[at]!]!;
        sums.set(j, (sums.get(j) ?? 0) + factor * matrix.values[at]!);
      }
    }
    for (const [j, value] of sums) {
      indices.push(j);
      values.push(value);
    }
    begins[k + 1] = indices.length;
  }
  return { rows: count, starts: begins, indices: Int32Array.from(indices), values: Float64Array.from(values) };
}
