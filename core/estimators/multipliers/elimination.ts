import { type Dense, type DenseProducts, zeros } from '../../compute/linear-algebra/dense-products.ts';
import { factorOf, part, place } from '../../compute/linear-algebra/dense-factor.ts';
import { seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { Front, type Segment } from './front.ts';
import type { Lower } from './lower.ts';
import { squareOf } from './part.ts';
import type { SearchForm, SearchLaw, SearchProblem, SearchUnit } from './search-problem.ts';

/** What a unit was given: F's factor before it, and the one with it before anything was dropped. */
interface Visit {
  readonly before: Front;
  readonly after: Front;
  /** How many leading segments of `after` were dropped. */
  readonly dropped: number;
}

/** One elimination, kept so that solutions of F v = c can be followed back to all variables. */
export interface Elimination {
  readonly square: number;
  readonly visits: readonly Visit[];
  /** The solution for the output that gains most, on the blocks that are live in the end. */
  readonly direction: ReadonlyMap<number, Dense>;
}

export interface Chosen {
  /** One for each group. */
  readonly multipliers: Float64Array;
  readonly law: SearchLaw;
}

/** The multipliers that a unit takes; `spread` is A = S F^-1 S', known where the unit adds nothing to F. */
export type Choice = (at: number, before: Front, spread: Dense | undefined) => Promise<Chosen>;

/**
 * One sweep along the graph. What is known before a unit is a quadratic form F = L L' on the live blocks (all others eliminated):
 * |x|^2 + sum of lam (..) >= v' F v. A unit that is not larger than what is live appends its rows to L, where blocks that are no longer looked at are dropped
 * from the front; a larger one stands before it all, where its own part of F is a diagonal, and what was live keeps its size: an image of
 * 784 pixels before 23,328 neurons stays one of 784. Any multipliers with 1/lam > R A R, R the slope radii, keep F positive definite.
 * Undefined where they did not.
 */
export class Eliminator {
  readonly problem: SearchProblem;
  readonly #products: DenseProducts;
  readonly #pace: Pace;
  readonly #lastUse: readonly number[];
  /** A of units that see nothing but the input never changes. */
  readonly #spreads = new Map<number, Dense>();

  constructor(problem: SearchProblem, products: DenseProducts, pace: Pace) {
    this.problem = problem;
    this.#products = products;
    this.#pace = pace;
    this.#lastUse = lastUses(problem);
  }

  async sweep(choose: Choice): Promise<Elimination | undefined> {
    const { units, sizes } = this.problem;
    const visits: Visit[] = [];
    const input: Segment = {
      blocks: [0],
      size: sizes[0]!,
      factor: { kind: 'diagonal', roots: new Float64Array(sizes[0]!).fill(1) },
    };
    let front = new Front([input], [[]], sizes);
    for (const [at, unit] of units.entries()) {
      const after =
        unit.isOneSided && unit.size <= front.size
          ? await this.#appended(at, unit, front, choose)
          : await this.#rebuilt(at, unit, front, choose);
      if (after === undefined) return undefined;
      const isDead = ({ blocks }: Segment): boolean => blocks.every((block) => this.#lastUse[block]! <= at);
      const first = after.segments.findIndex((segment) => !isDead(segment));
      const dropped = first < 0 ? after.segments.length - 1 : first;
      visits.push({ before: front, after, dropped });
      front = after.dropped(dropped);
      await this.#pace.rest();
    }
    const found = await this.#largestImage(front);
    return { ...found, visits };
  }

  /** The rows of z behind all others: -lam m V', and the factor of lam - (m lam) A (m lam). */
  async #appended(at: number, unit: SearchUnit, front: Front, choose: Choice): Promise<Front | undefined> {
    const flat = front.isIdentity;
    const images = flat ? [] : await front.solveLower(front.transposedForms(unit.sums), this.#products);
    let spread = this.#spreads.get(at);
    spread ??= flat ? await squareOf(unit.sums.get(0)!, this.#products) : await this.#squares(images);
    if (flat) this.#spreads.set(at, spread);
    await this.#pace.rest();
    const { multipliers, law } = await choose(at, front, spread);
    return this.#withRows(unit, front, images, spread, multipliers, law);
  }

  async #withRows(
    unit: SearchUnit,
    front: Front,
    images: readonly (Dense | undefined)[],
    spread: Dense,
    multipliers: Float64Array,
    law: SearchLaw,
  ): Promise<Front | undefined> {
    const { size } = unit;
    const weights = law.centre.map((centre, k) => centre * multipliers[k]!);
    const rest = zeros(size, size);
    const { entries } = rest;
    for (let i = 0; i < size; i++) {
      const weight = -weights[i]!;
      const row = i * size;
      for (let j = 0; j <= i; j++) entries[row + j] = weight * weights[j]! * spread.entries[row + j]!;
      entries[row + i]! += multipliers[i]!;
    }
    const own = await factorOf(rest, this.#products);
    if (own === undefined) return undefined;
    const below = front.segments.map((_, j): Lower | undefined => {
      if (images.length === 0) return { kind: 'wide', image: undefined, form: unit.sums.get(0)!, weights };
      return images[j] && { kind: 'wide', image: images[j], form: undefined, weights };
    });
    const segment: Segment = { blocks: [unit.block], size, factor: { kind: 'dense', own } };
    return new Front([...front.segments, segment], [...front.below, below], this.problem.sizes);
  }

  /** Where F changes on what is live, all of it becomes one segment; the unit stands before or behind it. */
  async #rebuilt(at: number, unit: SearchUnit, front: Front, choose: Choice): Promise<Front | undefined> {
    const { sizes } = this.problem;
    const { multipliers, law } = await choose(at, front, undefined);
    const matrix = await this.#assembled(front);
    await this.#pace.rest();
    const isBall = law.centre.length === 0;
    const first = !isBall && unit.size > front.size;
    const lamOfRow = (i: number): number => multipliers[unit.groupOfRow[i]!]!;
    addSquares(
      matrix,
      front,
      unit.rows,
      sizes,
      law.each.map((each, i) => -lamOfRow(i) * each),
    );
    if (!isBall)
      addSquares(
        matrix,
        front,
        unit.sums,
        sizes,
        law.total.map((total, k) => multipliers[k]! * ((first ? 0 : law.centre[k]! ** 2) - total)),
      );
    await this.#pace.rest();
    const own = await factorOf(matrix, this.#products);
    if (own === undefined) return undefined;
    const live: Segment = { blocks: front.blocks, size: front.size, factor: { kind: 'dense', own } };
    const roots = Float64Array.from({ length: unit.size }, (_, k) => Math.sqrt(multipliers[unit.groupOfVariable[k]!]!));
    const diagonal: Segment = { blocks: [unit.block], size: unit.size, factor: { kind: 'diagonal', roots } };
    if (isBall) return new Front([live, diagonal], [[], [undefined]], sizes);
    if (first) {
      const weights = law.centre.map((centre, k) => centre * roots[k]!);
      return new Front([diagonal, live], [[], [{ kind: 'tall', form: unit.sums, weights }]], sizes);
    }
    const alone = new Front([live], [[]], sizes);
    const images = await alone.solveLower(alone.transposedForms(unit.sums), this.#products);
    return this.#withRows(unit, alone, images, await this.#squares(images), multipliers, law);
  }

  /** V'V, of which both triangles are needed. */
  async #squares(images: readonly (Dense | undefined)[]): Promise<Dense> {
    const n = images.find((image) => image !== undefined)!.columns;
    const square = zeros(n, n);
    const strip = 256;
    for (const image of images) {
      if (image === undefined) continue;
      for (let left = 0; left < n; left += strip) {
        const right = Math.min(n, left + strip);
        const rows = await this.#products.transposedTimes(
          part(image, 0, image.rows, left, right),
          part(image, 0, image.rows, 0, right),
        );
        for (let i = left; i < right; i++)
          for (let j = 0, from = (i - left) * right, to = i * n; j < right; j++, from++, to++)
            square.entries[to]! += rows.entries[from]!;
        await this.#pace.rest();
      }
    }
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) square.entries[j * n + i] = square.entries[i * n + j]!;
    return square;
  }

  /** L L', the lower triangle. */
  async #assembled(front: Front): Promise<Dense> {
    const total = front.size;
    const whole = zeros(total, total);
    const starts: number[] = [];
    front.segments.reduce((at, { size }) => (starts.push(at), at + size), 0);
    const written = new Map<string, Dense | undefined>();
    const lower = (i: number, k: number): Dense | undefined => {
      const key = `${i} ${k}`;
      if (!written.has(key)) written.set(key, front.writtenOut(i, k));
      return written.get(key);
    };
    for (const [i, { size }] of front.segments.entries())
      for (let j = 0; j <= i; j++)
        for (let k = 0; k <= j; k++) {
          const { factor } = front.segments[k]!;
          if (factor.kind === 'diagonal' && k === j) {
            // A product with a diagonal, which may be large.
            if (i === j)
              factor.roots.forEach((root, r) => (whole.entries[(starts[i]! + r) * (total + 1)]! += root * root));
            else {
              const left = lower(i, k);
              if (left !== undefined) addBlock(whole, transposedScaled(left, factor.roots), starts[i]!, starts[j]!);
            }
            continue;
          }
          const [left, right] = [lower(i, k), lower(j, k)];
          if (left === undefined || right === undefined) continue;
          const strip = 256;
          for (let top = 0; top < size; top += strip) {
            const bottom = Math.min(size, top + strip);
            const rows = await this.#products.timesTransposed(part(left, top, bottom, 0, left.columns), right);
            addBlock(whole, rows, starts[i]! + top, starts[j]!);
          }
          await this.#pace.rest();
        }
    return whole;
  }

  /** The largest eigenvalue of C F^-1 C' = (L^-1 C')'(L^-1 C'), and F^-1 C' u for its vector u. */
  async #largestImage(front: Front): Promise<{ square: number; direction: ReadonlyMap<number, Dense> }> {
    const { output, outputs } = this.problem;
    const images = await front.solveLower(front.transposedForms(output), this.#products);
    const stacked = zeros(front.size, outputs);
    let start = 0;
    front.segments.forEach(({ size }, i) => {
      if (images[i] !== undefined) place(stacked, images[i], start, 0);
      start += size;
    });
    const { rows: n, entries } = stacked;
    const apply = (x: Float64Array): Float64Array => {
      const y = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let j = 0, at = i * outputs; j < outputs; j++, at++) sum += entries[at]! * x[j]!;
        y[i] = sum;
      }
      return y;
    };
    const back = (y: Float64Array): Float64Array => {
      const x = new Float64Array(outputs);
      for (let i = 0; i < n; i++) {
        const factor = y[i]!;
        if (factor !== 0) for (let j = 0, at = i * outputs; j < outputs; j++, at++) x[j]! += entries[at]! * factor;
      }
      return x;
    };
    const options = { steps: 60, tolerance: 1e-9, cost: 2 * n * outputs };
    const { value, vector } = await largestEigenpair(
      (x) => back(apply(x)),
      seededVector(outputs, 1),
      options,
      this.#pace,
    );
    const right = front.solveUpperVector(apply(vector));
    return { square: value, direction: front.byBlock(split(front, right)) };
  }
}

/** A vector over the front as one column for each segment. */
export function split(front: Front, x: Float64Array): Dense[] {
  let at = 0;
  return front.segments.map(({ size }) => {
    const entries = x.subarray(at, at + size);
    at += size;
    return { rows: size, columns: 1, entries };
  });
}

function transposedScaled({ rows, columns, entries }: Dense, weights: Float64Array): Dense {
  const scaled = new Float64Array(entries.length);
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, at++) scaled[at] = entries[at]! * weights[j]!;
  return { rows, columns, entries: scaled };
}

function addBlock(whole: Dense, block: Dense, row: number, column: number): void {
  for (let i = 0; i < block.rows; i++)
    for (
      let j = 0, from = i * block.columns, to = (row + i) * whole.columns + column;
      j < block.columns;
      j++, from++, to++
    )
      whole.entries[to]! += block.entries[from]!;
}

/** matrix += Y' diag(weights) Y on the live blocks, the lower triangle. */
function addSquares(
  matrix: Dense,
  front: Front,
  form: SearchForm,
  sizes: readonly number[],
  weights: Float64Array,
): void {
  const n = matrix.rows;
  const starts = new Map<number, number>();
  front.blocks.reduce((at, block) => (starts.set(block, at), at + sizes[block]!), 0);
  const indices: number[] = [];
  const values: number[] = [];
  weights.forEach((weight, r) => {
    if (weight === 0) return;
    indices.length = values.length = 0;
    for (const [block, { kind, matrix: own }] of form) {
      const start = starts.get(block)!;
      const [from, to] =
        kind === 'dense' ? [r * own.columns, (r + 1) * own.columns] : [own.starts[r]!, own.starts[r + 1]!];
      for (let at = from; at < to; at++) {
        indices.push(start + (kind === 'dense' ? at - from : own.indices[at]!));
        values.push(kind === 'dense' ? own.entries[at]! : own.values[at]!);
      }
    }
    for (let p = 0; p < indices.length; p++) {
      const row = indices[p]! * n;
      const factor = weight * values[p]!;
      for (let q = 0; q < indices.length; q++)
        if (indices[q]! <= indices[p]!) matrix.entries[row + indices[q]!]! += factor * values[q]!;
    }
  });
}

/** For every block: the last unit that looks at it, or Infinity where the output does. */
function lastUses({ units, output, sizes }: SearchProblem): number[] {
  const last = sizes.map(() => -1);
  units.forEach(({ rows }, at) => {
    for (const block of rows.keys()) last[block] = at;
  });
  for (const block of output.keys()) last[block] = Number.POSITIVE_INFINITY;
  return last;
}
