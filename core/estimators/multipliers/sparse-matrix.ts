import { above, gamma } from '../../rounding.ts';

/**
 * A matrix of which only the entries that are not zero are kept, row after row, together with how far it may be from the exact
 * one: |computed - exact| <= error x majorant, entry by entry. Without majorants those are the absolute values of the entries.
 */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  /** Row i holds entries starts[i] .. starts[i + 1] - 1. */
  readonly starts: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float64Array;
  readonly majorants?: Float64Array;
  readonly error: number;
}

/** Appends rows one after the other. */
export class SparseRows {
  readonly #starts: number[] = [0];
  #indices = new Int32Array(1024);
  #values = new Float64Array(1024);
  #count = 0;

  add(column: number, value: number): void {
    if (this.#count === this.#values.length) {
      const [indices, values] = [new Int32Array(2 * this.#count), new Float64Array(2 * this.#count)];
      indices.set(this.#indices);
      values.set(this.#values);
      [this.#indices, this.#values] = [indices, values];
    }
    this.#indices[this.#count] = column;
    this.#values[this.#count++] = value;
  }

  endRow(): void {
    this.#starts.push(this.#count);
  }

  finish(columns: number, error: number): SparseMatrix {
    return {
      rows: this.#starts.length - 1,
      columns,
      starts: Int32Array.from(this.#starts),
      indices: this.#indices.slice(0, this.#count),
      values: this.#values.slice(0, this.#count),
      error,
    };
  }
}

export const identity = (size: number): SparseMatrix => ({
  rows: size,
  columns: size,
  starts: Int32Array.from({ length: size + 1 }, (_, i) => i),
  indices: Int32Array.from({ length: size }, (_, i) => i),
  values: new Float64Array(size).fill(1),
  error: 0,
});

/** The majorant of an entry. */
export const sizeAt = ({ values, majorants }: SparseMatrix, at: number): number =>
  majorants === undefined ? Math.abs(values[at]!) : majorants[at]!;

/** Whether a product with this matrix on the left rounds nothing: every row holds at most one entry, a power of two. */
function movesOnly({ starts, values, error }: SparseMatrix): boolean {
  if (error !== 0) return false;
  for (let i = 0; i + 1 < starts.length; i++) if (starts[i + 1]! - starts[i]! > 1) return false;
  return values.every((value) => Math.abs(value) === 1 || Math.abs(value) === 0.5);
}

/** left right: every entry is one sum of products. */
export function composed(left: SparseMatrix, right: SparseMatrix): SparseMatrix {
  const moves = movesOnly(left);
  if (moves && isIdentity(left)) return right;
  if (right.error === 0 && isIdentity(right)) return left;
  const sums = new Float64Array(right.columns);
  const sizes = new Float64Array(right.columns);
  const seen = new Int32Array(right.columns).fill(-1);
  const rows = new SparseRows();
  const majorants: number[] = [];
  let terms = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < left.rows; i++) {
    const touched: number[] = [];
    terms = Math.max(terms, left.starts[i + 1]! - left.starts[i]!);
    for (let at = left.starts[i]!; at < left.starts[i + 1]!; at++) {
      const k = left.indices[at]!;
      const [factor, size] = [left.values[at]!, sizeAt(left, at)];
      for (let from = right.starts[k]!; from < right.starts[k + 1]!; from++) {
        const j = right.indices[from]!;
        if (seen[j] !== i) {
          seen[j] = i;
          sums[j] = 0;
          sizes[j] = 0;
          touched.push(j);
        }
        sums[j]! += factor * right.values[from]!;
        const product = size * sizeAt(right, from);
        if (product < least) least = product;
        sizes[j]! += product;
      }
    }
    for (const j of touched.sort((a, b) => a - b)) {
      rows.add(j, sums[j]!);
      majorants.push(sizes[j]!);
    }
    rows.endRow();
  }
  // Where a product may have underflowed, nothing is said about the sum it is part of.
  if (least < 2 ** -900) return { ...rows.finish(right.columns, Number.POSITIVE_INFINITY) };
  if (moves) return { ...rows.finish(right.columns, right.error), majorants: Float64Array.from(majorants) };
  // (1 + e)(1 + f)(1 + gamma) - 1, with the majorants themselves rounded.
  const error = above(above((1 + left.error) * (1 + right.error)) * (1 + 2 * gamma(terms + 2)) - 1);
  return {
    ...rows.finish(right.columns, error),
    majorants: Float64Array.from(majorants, (size) => above(size * (1 + 2 * gamma(terms + 2)))),
  };
}

const isIdentity = ({ rows, columns, starts, indices, values }: SparseMatrix): boolean =>
  rows === columns &&
  starts[rows] === rows &&
  indices.every((column, i) => column === i) &&
  values.every((value) => value === 1);

/** a + b, entry by entry. */
export function sum(a: SparseMatrix, b: SparseMatrix): SparseMatrix {
  const rows = new SparseRows();
  const majorants: number[] = [];
  let overlap = false;
  for (let i = 0; i < a.rows; i++) {
    let p = a.starts[i]!;
    let q = b.starts[i]!;
    while (p < a.starts[i + 1]! || q < b.starts[i + 1]!) {
      const [left, right] = [columnAt(a, p, i), columnAt(b, q, i)];
      const both = left === right;
      overlap ||= both;
      rows.add(Math.min(left, right), (left <= right ? a.values[p]! : 0) + (right <= left ? b.values[q]! : 0));
      majorants.push(above((left <= right ? sizeAt(a, p) : 0) + (right <= left ? sizeAt(b, q) : 0)));
      if (left <= right) p++;
      if (both || right < left) q++;
    }
    rows.endRow();
  }
  const worst = Math.max(a.error, b.error);
  const error = overlap ? above(above((1 + worst) * (1 + gamma(2))) - 1) : worst;
  return { ...rows.finish(a.columns, error), majorants: Float64Array.from(majorants) };
}

const columnAt = ({ starts, indices }: SparseMatrix, at: number, row: number): number =>
  at < starts[row + 1]! ? indices[at]! : Number.POSITIVE_INFINITY;
