import { type Dense, type DenseProducts, zeros } from '../../compute/linear-algebra/dense-products.ts';
import {
  type Factor,
  place,
  part,
  solveLower,
  solveLowerVector,
  solveUpper,
  solveUpperVector,
} from '../../compute/linear-algebra/dense-factor.ts';
import { addTo, difference, negated, scaledRows } from './dense-arithmetic.ts';
import { addImageTimes, imageTransposedTimes, type Lower } from './lower.ts';
import { addProduct, addTransposedProduct, productOf, transposedPart, transposedProductOf } from './part.ts';
import type { SearchForm } from './search-problem.ts';

/** Some live blocks that are eliminated together: their diagonal block of L. */
export interface Segment {
  readonly blocks: readonly number[];
  readonly size: number;
  readonly factor:
    { readonly kind: 'diagonal'; readonly roots: Float64Array } | { readonly kind: 'dense'; readonly own: Factor };
}

/** Columns of numbers, for one segment. */
export type Columns = Dense;

/**
 * L of a quadratic form F = L L' on the live blocks: segments in the order of elimination, and what is below the diagonal. Nothing of
 * it is ever changed, so that a sweep can be followed back.
 */
export class Front {
  readonly segments: readonly Segment[];
  /** below[i][j], j < i. */
  readonly below: readonly (readonly (Lower | undefined)[])[];
  readonly #sizes: readonly number[];

  constructor(
    segments: readonly Segment[],
    below: readonly (readonly (Lower | undefined)[])[],
    sizes: readonly number[],
  ) {
    this.segments = segments;
    this.below = below;
    this.#sizes = sizes;
  }

  /** All of the live blocks, in order. */
  get blocks(): readonly number[] {
    return this.segments.flatMap(({ blocks }) => blocks);
  }

  get size(): number {
    return this.segments.reduce((sum, { size }) => sum + size, 0);
  }

  /** The untouched input: |x|^2. */
  get isIdentity(): boolean {
    const [only, ...others] = this.segments;
    return (
      only !== undefined &&
      others.length === 0 &&
      only.factor.kind === 'diagonal' &&
      only.factor.roots.every((root) => root === 1)
    );
  }

  /** Without the first segments. */
  dropped(count: number): Front {
    return new Front(
      this.segments.slice(count),
      this.below.slice(count).map((row) => row.slice(count)),
      this.#sizes,
    );
  }

  /** L^-1 B, one block of columns for each segment, undefined where it is zero. */
  async solveLower(right: readonly (Dense | undefined)[], products: DenseProducts): Promise<(Dense | undefined)[]> {
    const solution: (Dense | undefined)[] = [];
    for (const [i, { factor }] of this.segments.entries()) {
      let rest = right[i];
      for (const [j, before] of solution.entries()) {
        const lower = this.below[i]![j];
        if (lower === undefined || before === undefined) continue;
        const known = await this.#lowerTimes(lower, i, before, products);
        rest = rest === undefined ? negated(known) : difference(rest, known);
      }
      solution.push(
        rest === undefined
          ? undefined
          : factor.kind === 'diagonal'
            ? scaledRows(
                rest,
                factor.roots.map((root) => 1 / root),
              )
            : await solveLower(factor.own, rest, products),
      );
    }
    return solution;
  }

  /** L'^-1 B; where `from` is given, the segments before it follow from the ones given, which are solutions already. */
  async solveUpper(right: readonly (Dense | undefined)[], products: DenseProducts, from?: number): Promise<Dense[]> {
    const count = this.segments.length;
    const solution: Dense[] = Array.from({ length: count });
    const columns = right.find((one) => one !== undefined)!.columns;
    for (let i = count - 1; i >= 0; i--) {
      const { size, factor } = this.segments[i]!;
      if (from !== undefined && i >= from) {
        solution[i] = right[i]!;
        continue;
      }
      let rest = right[i] ?? zeros(size, columns);
      for (let k = i + 1; k < count; k++) {
        const lower = this.below[k]![i];
        if (lower !== undefined)
          rest = difference(rest, await this.#transposedTimes(lower, i, k, solution[k]!, products));
      }
      solution[i] =
        factor.kind === 'diagonal'
          ? scaledRows(
              rest,
              factor.roots.map((root) => 1 / root),
            )
          : await solveUpper(factor.own, rest, products);
    }
    return solution;
  }

  /** L^-1 x. */
  solveLowerVector(right: Float64Array): Float64Array {
    const solution = right.slice();
    this.#offsets().forEach((at, i) => {
      const { size, factor } = this.segments[i]!;
      const rest = solution.subarray(at, at + size);
      this.#offsets()
        .slice(0, i)
        .forEach((start, j) => {
          const lower = this.below[i]![j];
          if (lower === undefined) return;
          const before = solution.subarray(start, start + this.segments[j]!.size);
          if (lower.kind === 'wide') {
            const known = imageTransposedTimes(lower, before);
            for (let k = 0; k < size; k++) rest[k]! += lower.weights[k]! * known[k]!;
          } else
            this.#scattered(
              lower.form,
              this.segments[i]!.blocks,
              before.map((value, k) => value * lower.weights[k]!),
              rest,
            );
        });
      if (factor.kind === 'diagonal') for (let k = 0; k < size; k++) rest[k]! /= factor.roots[k]!;
      else rest.set(solveLowerVector(factor.own, rest));
    });
    return solution;
  }

  /** L'^-1 x. */
  solveUpperVector(right: Float64Array): Float64Array {
    const solution = right.slice();
    const offsets = this.#offsets();
    for (let i = this.segments.length - 1; i >= 0; i--) {
      const { size, factor } = this.segments[i]!;
      const rest = solution.subarray(offsets[i], offsets[i]! + size);
      for (let k = i + 1; k < this.segments.length; k++) {
        const lower = this.below[k]![i];
        if (lower === undefined) continue;
        const after = solution.subarray(offsets[k], offsets[k]! + this.segments[k]!.size);
        if (lower.kind === 'wide')
          addImageTimes(
            rest,
            lower,
            after.map((value, r) => value * lower.weights[r]!),
          );
        else {
          const seen = this.gathered(lower.form, this.segments[k]!.blocks, after);
          for (let r = 0; r < size; r++) rest[r]! += lower.weights[r]! * seen[r]!;
        }
      }
      if (factor.kind === 'diagonal') for (let k = 0; k < size; k++) rest[k]! /= factor.roots[k]!;
      else rest.set(solveUpperVector(factor.own, rest));
    }
    return solution;
  }

  /** A form of the live blocks, applied to a vector over some of them. */
  gathered(form: SearchForm, blocks: readonly number[], x: Float64Array): Float64Array {
    const y = new Float64Array([...form.values()][0]!.matrix.rows);
    let at = 0;
    for (const block of blocks) {
      const size = this.#sizes[block]!;
      const own = form.get(block);
      if (own !== undefined) addProduct(y, own, x.subarray(at, at + size));
      at += size;
    }
    return y;
  }

  #scattered(form: SearchForm, blocks: readonly number[], y: Float64Array, into: Float64Array): void {
    let at = 0;
    for (const block of blocks) {
      const size = this.#sizes[block]!;
      const own = form.get(block);
      if (own !== undefined) addTransposedProduct(into.subarray(at, at + size), own, y);
      at += size;
    }
  }

  /** The transposed of `gathered` for all live blocks. */
  scattered(form: SearchForm, y: Float64Array): Float64Array {
    const x = new Float64Array(this.size);
    this.#scattered(form, this.blocks, y, x);
    return x;
  }

  /** The transposed form over the blocks of each segment, written out. */
  transposedForms(form: SearchForm): (Dense | undefined)[] {
    return this.segments.map(({ blocks, size }) => {
      if (blocks.every((block) => !form.has(block))) return undefined;
      const rows = [...form.values()][0]!.matrix.rows;
      const whole = zeros(size, rows);
      let at = 0;
      for (const block of blocks) {
        const own = form.get(block);
        if (own !== undefined) whole.entries.set(transposedPart(own).entries, at * rows);
        at += this.#sizes[block]!;
      }
      return whole;
    });
  }

  /** Values of the segments' variables, by block. */
  byBlock(columns: readonly Dense[]): Map<number, Dense> {
    const values = new Map<number, Dense>();
    this.segments.forEach(({ blocks }, i) => {
      let at = 0;
      for (const block of blocks) {
        const size = this.#sizes[block]!;
        values.set(block, part(columns[i]!, at, at + size, 0, columns[i]!.columns));
        at += size;
      }
    });
    return values;
  }

  bySegment(values: ReadonlyMap<number, Dense>): (Dense | undefined)[] {
    return this.segments.map(({ blocks, size }) => {
      const [first, ...others] = blocks.map((block) => values.get(block));
      if (first === undefined) return undefined;
      if (others.length === 0) return first;
      const whole = zeros(size, first.columns);
      let at = 0;
      for (const block of blocks) {
        place(whole, values.get(block)!, at, 0);
        at += this.#sizes[block]!;
      }
      return whole;
    });
  }

  /** L, written out from segment `row` and column segment `column`. */
  writtenOut(row: number, column: number): Dense | undefined {
    const { size, factor, blocks } = this.segments[row]!;
    if (row === column) {
      if (factor.kind === 'dense') return factor.own.lower;
      const diagonal = zeros(size, size);
      factor.roots.forEach((root, i) => (diagonal.entries[i * (size + 1)] = root));
      return diagonal;
    }
    const lower = this.below[row]![column];
    if (lower === undefined) return undefined;
    const width = this.segments[column]!.size;
    const whole = zeros(size, width);
    if (lower.kind === 'wide') {
      const image = lower.image ?? transposedPart(lower.form!);
      for (let j = 0; j < width; j++)
        for (let i = 0; i < size; i++) whole.entries[i * width + j] = -lower.weights[i]! * image.entries[j * size + i]!;
      return whole;
    }
    let at = 0;
    for (const block of blocks) {
      const own = lower.form.get(block);
      if (own !== undefined) {
        const flipped = transposedPart(own);
        for (let i = 0; i < flipped.rows; i++)
          for (let j = 0; j < width; j++)
            whole.entries[(at + i) * width + j] = -lower.weights[j]! * flipped.entries[i * width + j]!;
      }
      at += this.#sizes[block]!;
    }
    return whole;
  }

  #offsets(): number[] {
    const offsets: number[] = [];
    this.segments.reduce((at, { size }) => (offsets.push(at), at + size), 0);
    return offsets;
  }

  async #lowerTimes(lower: Lower, row: number, x: Dense, products: DenseProducts): Promise<Dense> {
    if (lower.kind === 'wide') {
      const seen =
        lower.image === undefined
          ? await productOf(lower.form!, x, products)
          : await products.transposedTimes(lower.image, x);
      return scaledRows(
        seen,
        lower.weights.map((weight) => -weight),
      );
    }
    const weighted = scaledRows(
      x,
      lower.weights.map((weight) => -weight),
    );
    const { blocks, size } = this.segments[row]!;
    const whole = zeros(size, x.columns);
    let at = 0;
    for (const block of blocks) {
      const own = lower.form.get(block);
      if (own !== undefined) place(whole, await transposedProductOf(own, weighted, products), at, 0);
      at += this.#sizes[block]!;
    }
    return whole;
  }

  async #transposedTimes(lower: Lower, column: number, row: number, y: Dense, products: DenseProducts): Promise<Dense> {
    if (lower.kind === 'wide') {
      const weighted = scaledRows(
        y,
        lower.weights.map((weight) => -weight),
      );
      return lower.image === undefined
        ? transposedProductOf(lower.form!, weighted, products)
        : products.product(lower.image, weighted);
    }
    const seen = zeros(this.segments[column]!.size, y.columns);
    let at = 0;
    for (const block of this.segments[row]!.blocks) {
      const size = this.#sizes[block]!;
      const own = lower.form.get(block);
      if (own !== undefined) addTo(seen, await productOf(own, part(y, at, at + size, 0, y.columns), products));
      at += size;
    }
    return scaledRows(
      seen,
      lower.weights.map((weight) => -weight),
    );
  }
}
