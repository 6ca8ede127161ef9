import { type Dense, type DenseProducts, zeros } from '../../compute/linear-algebra/dense-products.ts';
import {
  type Factor,
  factorFrom,
  factorOf,
  part,
  place,
  solveLower,
  solveUpper,
} from '../../compute/linear-algebra/dense-factor.ts';
import { seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { DenseForm, DenseProblem, DenseUnit } from './dense-problem.ts';

/** What a unit was given: F's factor before it, V = L^-1 Y' and A = V'V; and the blocks that were live then. */
interface Visit {
  readonly live: readonly number[];
  readonly rows: Dense;
  readonly before: Factor;
  readonly image: Dense;
}

/** Leading blocks that nothing looks at any longer: their own factor, and the rows below it. */
interface Dropped {
  readonly own: Factor;
  readonly below: Dense;
}

/** One elimination, kept so that solutions of F v = c can be followed back to all variables. */
export interface Elimination {
  readonly square: number;
  readonly visits: readonly Visit[];
  /** By unit: what was dropped after it. */
  readonly dropped: readonly (Dropped | undefined)[];
  /** The solution for the output that gains most, on the blocks that are live in the end. */
  readonly direction: Dense;
}

/** The multipliers that a unit takes, when A = Y F^-1 Y' is known. */
export type Choice = (unit: number, spread: Dense) => Promise<Float64Array>;

/**
 * One sweep along the graph. What is known before a unit is a quadratic form F = L L' on the live blocks (all others eliminated):
 * |x|^2 + sum of lam (..) >= v' F v. A unit appends its rows to L; a block that is no longer looked at is dropped from its front.
 * Any multipliers with 1/lam > R A R, R the slope radii, keep F positive definite. Undefined where they did not.
 */
export class Eliminator {
  readonly problem: DenseProblem;
  readonly #products: DenseProducts;
  readonly #pace: Pace;
  readonly #lastUse: readonly number[];
  /** A of units that see nothing but the input never changes. */
  readonly #spreads = new Map<number, Dense>();

  constructor(problem: DenseProblem, products: DenseProducts, pace: Pace) {
    this.problem = problem;
    this.#products = products;
    this.#pace = pace;
    this.#lastUse = lastUses(problem);
  }

  async sweep(choose: Choice): Promise<Elimination | undefined> {
    const { units, sizes } = this.problem;
    const visits: Visit[] = [];
    const dropped: (Dropped | undefined)[] = [];
    let live: readonly number[] = [0];
    let factor = factorFrom(unitMatrix(sizes[0]!));
    let pristine = true;
    for (const [at, unit] of units.entries()) {
      const rows = overBlocks(unit.input, unit.rows, live, sizes);
      const flat = pristine && live.length === 1 && live[0] === 0;
      const image = flat ? transposedOf(rows) : await solveLower(factor, transposedOf(rows), this.#products);
      let spread = flat ? this.#spreads.get(at) : undefined;
      spread ??= await this.#squares(image);
      if (flat) this.#spreads.set(at, spread);
      await this.#pace.rest();
      const own = await choose(at, spread);
      visits.push({ live, rows, before: factor, image });
      const next = await this.#extended(factor, unit, rows, image, spread, own);
      if (next === undefined) return undefined;
      pristine &&= isOneSided(unit);
      await this.#pace.rest();
      live = [...live, unit.block];
      const gone = live.findIndex((block) => this.#lastUse[block]! > at);
      const count = live.slice(0, gone < 0 ? live.length - 1 : gone).reduce((sum, block) => sum + sizes[block]!, 0);
      const n = next.rows;
      if (count > 0) {
        live = live.slice(gone < 0 ? live.length - 1 : gone);
        dropped.push({ own: factorFrom(part(next, 0, count, 0, count)), below: part(next, count, n, 0, count) });
        factor = factorFrom(part(next, count, n, count, n));
      } else {
        dropped.push(undefined);
        factor = factorFrom(next);
      }
    }
    const found = await this.#largestImage(factor, live);
    return { ...found, visits, dropped };
  }

  /** V'V, of which both triangles are needed. */
  async #squares(image: Dense): Promise<Dense> {
    const n = image.columns;
    const square = zeros(n, n);
    const strip = 512;
    for (let left = 0; left < n; left += strip) {
      const right = Math.min(n, left + strip);
      const rows = await this.#products.transposedTimes(
        part(image, 0, image.rows, left, right),
        part(image, 0, image.rows, 0, right),
      );
      place(square, rows, left, 0);
      await this.#pace.rest();
    }
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) square.entries[j * n + i] = square.entries[i * n + j]!;
    return square;
  }

  /** The factor of F with the unit behind it: lam (z - a y)(z - b y), or lam (|z|^2 - gain^2 |y|^2). */
  async #extended(
    { lower }: Factor,
    unit: DenseUnit,
    rows: Dense,
    image: Dense,
    spread: Dense,
    own: Float64Array,
  ): Promise<Dense | undefined> {
    const { law } = unit;
    const [before, size] = [lower.rows, this.problem.sizes[unit.block]!];
    const whole = zeros(before + size, before + size);
    place(whole, lower, 0, 0);
    if (!isOneSided(unit)) {
      const changed = await factorOf(await this.#changed(lower, unit, rows, own), this.#products);
      if (changed === undefined) return undefined;
      place(whole, changed.lower, 0, 0);
      if (law.kind === 'ball') {
        for (let i = 0; i < size; i++) whole.entries[(before + i) * (whole.columns + 1)] = Math.sqrt(own[0]!);
        return whole;
      }
      const moved = await solveLower(changed, transposedOf(rows), this.#products);
      return this.#appended(whole, law, moved, await this.#squares(moved), own);
    }
    return law.kind === 'ball' ? undefined : this.#appended(whole, law, image, spread, own);
  }

  /** The rows of z: -m lam V', and the factor of lam - (m lam) A (m lam). */
  async #appended(
    whole: Dense,
    law: Extract<DenseUnit['law'], { kind: 'slopes' }>,
    image: Dense,
    spread: Dense,
    own: Float64Array,
  ): Promise<Dense | undefined> {
    const [before, size] = [image.rows, own.length];
    const cross = own.map((lam, i) => (lam * (law.lower[i]! + law.upper[i]!)) / 2);
    const rest = zeros(size, size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) rest.entries[i * size + j] = -cross[i]! * cross[j]! * spread.entries[i * size + j]!;
      rest.entries[i * (size + 1)]! += own[i]!;
      for (let j = 0; j < before; j++)
        whole.entries[(before + i) * whole.columns + j] = -cross[i]! * image.entries[j * size + i]!;
    }
    const factor = await factorOf(rest, this.#products);
    if (factor === undefined) return undefined;
    place(whole, factor.lower, before, before);
    return whole;
  }

  /** L L' with the unit's squares of y. */
  async #changed(lower: Dense, { law }: DenseUnit, rows: Dense, own: Float64Array): Promise<Dense> {
    const matrix = await this.#products.timesTransposed(lower, lower);
    const weights =
      law.kind === 'ball'
        ? new Float64Array(rows.rows).fill(-own[0]! * law.gain * law.gain)
        : own.map((lam, i) => lam * law.lower[i]! * law.upper[i]!);
    const weighted: Dense = {
      ...rows,
      entries: rows.entries.map((value, at) => value * weights[Math.floor(at / rows.columns)]!),
    };
    const update = await this.#products.transposedTimes(rows, weighted);
    for (let i = 0; i < matrix.entries.length; i++) matrix.entries[i]! += update.entries[i]!;
    return matrix;
  }

  /** The largest eigenvalue of C F^-1 C' = (L^-1 C')'(L^-1 C'), and F^-1 C' u for its vector u. */
  async #largestImage(factor: Factor, live: readonly number[]): Promise<{ square: number; direction: Dense }> {
    const { output, outputs, sizes } = this.problem;
    const image = await solveLower(factor, transposedOf(overBlocks(output, outputs, live, sizes)), this.#products);
    const { rows: n, columns, entries } = image;
    const apply = (x: Float64Array): Float64Array => {
      const y = new Float64Array(n);
      for (let i = 0; i < n; i++) for (let j = 0; j < columns; j++) y[i]! += entries[i * columns + j]! * x[j]!;
      return y;
    };
    const back = (y: Float64Array): Float64Array => {
      const x = new Float64Array(columns);
      for (let i = 0; i < n; i++) for (let j = 0; j < columns; j++) x[j]! += entries[i * columns + j]! * y[i]!;
      return x;
    };
    const options = { steps: 60, tolerance: 1e-9, cost: 2 * n * columns };
    const { value, vector } = await largestEigenpair(
      (x) => back(apply(x)),
      seededVector(columns, 1),
      options,
      this.#pace,
    );
    const right: Dense = { rows: n, columns: 1, entries: apply(vector) };
    return { square: value, direction: await solveUpper(factor, right, this.#products) };
  }
}

/** Slopes [0, b]: the unit adds nothing to the blocks before it. */
const isOneSided = ({ law }: DenseUnit): boolean =>
  law.kind === 'slopes' && law.lower.every((low, i) => low * law.upper[i]! === 0);

function unitMatrix(n: number): Dense {
  const matrix = zeros(n, n);
  for (let i = 0; i < n; i++) matrix.entries[i * (n + 1)] = 1;
  return matrix;
}

export function transposedOf({ rows, columns, entries }: Dense): Dense {
  const flipped = zeros(columns, rows);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) flipped.entries[j * rows + i] = entries[i * columns + j]!;
  return flipped;
}

/** For every block: the last unit that looks at it, or Infinity where the output does. */
function lastUses({ units, output, sizes }: DenseProblem): number[] {
  const last = sizes.map(() => -1);
  units.forEach(({ input }, at) => {
    for (const block of input.keys()) last[block] = at;
  });
  for (const block of output.keys()) last[block] = Number.POSITIVE_INFINITY;
  return last;
}

function overBlocks(form: DenseForm, rows: number, blocks: readonly number[], sizes: readonly number[]): Dense {
  const total = blocks.reduce((sum, block) => sum + sizes[block]!, 0);
  const matrix = zeros(rows, total);
  let at = 0;
  for (const block of blocks) {
    const own = form.get(block);
    if (own !== undefined) place(matrix, own, 0, at);
    at += sizes[block]!;
  }
  return matrix;
}
