import type { BlockColumns } from './blocked-cholesky.ts';
import { eliminateFourRows } from './four-rows.ts';
import type { Pace } from './pace.ts';

/**
 * A symmetric matrix as the rows of its lower triangle, each from its first entry on: nothing lies left of it, neither in the matrix
 * nor in its Cholesky factor. Rows share their first column in groups of four, which the factorisation takes together.
 */
export class Envelope {
  readonly n: number;
  readonly entries: Float64Array;
  readonly #firsts: Int32Array;
  /** Entry (i, j) is at offsets[i] + j. */
  readonly #offsets: Float64Array;

  /** `firsts`: for every row the first column that may be used. Undefined where it would hold more than `largest` numbers. */
  static of(firsts: Int32Array, largest: number): Envelope | undefined {
    const shared = sharedFirsts(firsts);
    const size = shared.reduce((sum, first, i) => sum + i + 1 - first, 0);
    return size > largest ? undefined : new Envelope(shared, size);
  }

  private constructor(firsts: Int32Array, size: number) {
    this.n = firsts.length;
    this.#firsts = firsts;
    this.entries = new Float64Array(size);
    this.#offsets = new Float64Array(this.n);
    let start = 0;
    for (let i = 0; i < this.n; i++) {
      this.#offsets[i] = start - firsts[i]!;
      start += i + 1 - firsts[i]!;
    }
  }

  /** Adds to entry (i, j), j <= i. */
  add(i: number, j: number, value: number): void {
    if (j < this.#firsts[i]!) throw new RangeError('An entry lies left of the first one of its row.');
    this.entries[this.#offsets[i]! + j]! += value;
  }

  /** Subtracts v v' for a vector v with entries in ascending `places`. */
  subtractSquare(places: ArrayLike<number>, v: Float64Array): void {
    const { entries } = this;
    for (let p = 0; p < v.length; p++) {
      const i = places[p]!;
      if (places[0]! < this.#firsts[i]!) throw new RangeError('An entry lies left of the first one of its row.');
      const row = this.#offsets[i]!;
      const factor = v[p]!;
      for (let q = 0; q <= p; q++) entries[row + places[q]!]! -= factor * v[q]!;
    }
  }

  diagonal(i: number): number {
    return this.entries[this.#offsets[i]! + i]!;
  }

  /** The matrix with `shift` subtracted from its diagonal, block column by block column. */
  blockColumns(width: number, shift: number): BlockColumns {
    const { n, entries } = this;
    const [firsts, offsets] = [this.#firsts, this.#offsets];
    const ends = new Int32Array(Math.ceil(n / width));
    for (let i = 0; i < n; i++) {
      const block = Math.floor(firsts[i]! / width);
      ends[block] = Math.max(ends[block]!, Math.min(n, (Math.floor(i / width) + 1) * width));
    }
    for (let block = 1; block < ends.length; block++) ends[block] = Math.max(ends[block]!, ends[block - 1]!);
    return {
      size: n,
      width,
      end: (block) => ends[block]!,
      column(block) {
        const [left, right] = [block * width, Math.min(n, (block + 1) * width)];
        const own = right - left;
        const column = new Float64Array((ends[block]! - left) * own);
        for (let i = left; i < ends[block]!; i++) {
          const from = Math.max(left, firsts[i]!);
          const to = Math.min(right, i + 1);
          if (from < to)
            column.set(entries.subarray(offsets[i]! + from, offsets[i]! + to), (i - left) * own + from - left);
          if (i < right) column[(i - left) * own + i - left]! -= shift;
        }
        return column;
      },
    };
  }

  /**
   * Whether the Cholesky factorisation runs to its end with positive pivots; the matrix is overwritten. Sums of products in another
   * order than the textbook's, nothing else: `choleskyError` holds.
   */
  async factorises(pace: Pace): Promise<boolean> {
    const { n, entries } = this;
    const firsts = this.#firsts;
    const offsets = this.#offsets;
    for (let i = 0; i < n; i += 4) {
      const rows = Math.min(4, n - i);
      const from = firsts[i]!;
      if (rows === 4) eliminateFourRows(entries, (row) => offsets[row]!, i, from, firsts);
      for (let r = i; r < i + rows; r++) {
        const row = offsets[r]!;
        for (let j = rows === 4 ? i : from; j < r; j++) {
          const other = offsets[j]!;
          let sum = 0;
          for (let k = Math.max(from, firsts[j]!); k < j; k++) sum += entries[row + k]! * entries[other + k]!;
          entries[row + j] = (entries[row + j]! - sum) / entries[other + j]!;
        }
        let sum = 0;
        for (let k = from; k < r; k++) sum += entries[row + k]! * entries[row + k]!;
        const pivot = entries[row + r]! - sum;
        // Written so that NaN fails as well.
        if (!(pivot > 0 && pivot < Number.POSITIVE_INFINITY)) return false;
        entries[row + r] = Math.sqrt(pivot);
      }
      if (pace.due((rows * (i - from) * (i - from)) / 2 + i)) await pace.rest();
    }
    return true;
  }
}

/** The least of every four rows, moved to an even column. */
function sharedFirsts(firsts: Int32Array): Int32Array {
  const shared = firsts.slice();
  for (let i = 0; i < shared.length; i += 4) {
    let least = i;
    for (let r = i; r < Math.min(shared.length, i + 4); r++) least = Math.min(least, firsts[r]!);
    shared.fill(least - (least % 2), i, i + 4);
  }
  return shared;
}
