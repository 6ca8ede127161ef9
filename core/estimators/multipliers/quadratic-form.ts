import { type Dense, type DenseProducts, zeros } from '../../compute/linear-algebra/dense-products.ts';
import { part, place } from '../../compute/linear-algebra/dense-factor.ts';
import type { DenseForm, DenseProblem } from './dense-problem.ts';

/**
 * One squared term of a multiplier: weight (zeta z - a y)(zeta z - b y), z a variable and y a row of a unit's input. A slope unit
 * has one per multiplier; a ball has one for each entry of z and, with weight -gain^2, one for each of y.
 */
export interface Term {
  readonly multiplier: number;
  readonly weight: number;
  readonly zeta: number;
  readonly a: number;
  readonly b: number;
  readonly variable: number;
  readonly row: number;
}

/** Where blocks of variables, rows of inputs and multipliers of the units begin. */
interface Layout {
  readonly blocks: readonly number[];
  readonly rows: readonly number[];
  readonly multipliers: readonly number[];
  readonly variableCount: number;
  readonly rowCount: number;
  readonly multiplierCount: number;
  readonly terms: readonly Term[];
}

/** H(square, lam) = square |x|^2 + sum of lam (z - a y)(z - b y) - |f|^2 as a matrix: linear in the square of the bound and the multipliers. */
export class QuadraticForm {
  readonly problem: DenseProblem;
  readonly layout: Layout;
  readonly #products: DenseProducts;
  readonly #outputs: Dense;
  #balls = new Map<number, Dense>();

  private constructor(problem: DenseProblem, products: DenseProducts, outputs: Dense) {
    this.problem = problem;
    this.#products = products;
    this.layout = layoutOf(problem);
    this.#outputs = outputs;
  }

  static async of(problem: DenseProblem, products: DenseProducts): Promise<QuadraticForm> {
    const { variableCount } = layoutOf(problem);
    const whole = new QuadraticForm(problem, products, zeros(variableCount, variableCount));
    await whole.#addSquares(whole.#outputs, problem.output, undefined);
    for (const { block, law, input, rows } of problem.units) {
      if (law.kind !== 'ball') continue;
      const squares = zeros(variableCount, variableCount);
      await whole.#addSquares(squares, input, new Float64Array(rows).fill(1));
      whole.#balls.set(block, squares);
    }
    return whole;
  }

  /** M restricted to the rows: M Y' and Y M Y'. */
  async onRows(matrix: Dense): Promise<OnRows> {
    const { problem, layout } = this;
    const acrossRows = await this.acrossRows(matrix);
    const betweenRows = zeros(layout.rowCount, layout.rowCount);
    for (const [at, { input, rows }] of problem.units.entries()) {
      let total: Dense | undefined;
      for (const [block, own] of input) {
        const first = layout.blocks[block]!;
        const known = part(acrossRows, first, first + own.columns, 0, layout.rowCount);
        total = added(total, await this.#products.product(own, known));
      }
      place(betweenRows, total ?? zeros(rows, layout.rowCount), layout.rows[at]!, 0);
    }
    return { matrix, acrossRows, betweenRows };
  }

  /** M Y', for a matrix that need not be symmetric. */
  async acrossRows(matrix: Dense): Promise<Dense> {
    const { problem, layout } = this;
    const n = layout.variableCount;
    const across = zeros(n, layout.rowCount);
    for (const [at, { input, rows }] of problem.units.entries()) {
      let total: Dense | undefined;
      for (const [block, own] of input) {
        const first = layout.blocks[block]!;
        total = added(total, await this.#products.timesTransposed(part(matrix, 0, n, first, first + own.columns), own));
      }
      place(across, total ?? zeros(n, rows), 0, layout.rows[at]!);
    }
    return across;
  }

  /** C M C'. */
  async onOutputs(matrix: Dense): Promise<Dense> {
    const { output, outputs } = this.problem;
    const n = this.layout.variableCount;
    let image: Dense = zeros(outputs, n);
    for (const [block, own] of output) {
      const first = this.layout.blocks[block]!;
      image = added(image, await this.#products.product(own, part(matrix, first, first + own.columns, 0, n)));
    }
    let gram: Dense = zeros(outputs, outputs);
    for (const [block, own] of output) {
      const first = this.layout.blocks[block]!;
      const known = part(image, 0, outputs, first, first + own.columns);
      gram = added(gram, await this.#products.timesTransposed(known, own));
    }
    return gram;
  }

  /** The lower triangle of H, or of its change by a step in square and multipliers. */
  async at(square: number, multipliers: Float64Array, what: 'form' | 'step'): Promise<Dense> {
    const { problem, layout } = this;
    const n = layout.variableCount;
    const matrix: Dense =
      what === 'step' ? zeros(n, n) : { rows: n, columns: n, entries: this.#outputs.entries.map((value) => -value) };
    for (let i = 0; i < problem.sizes[0]!; i++) matrix.entries[i * (n + 1)]! += square;
    for (const [at, { block, input, law, rows }] of problem.units.entries()) {
      const first = layout.blocks[block]!;
      const from = layout.multipliers[at]!;
      if (law.kind === 'ball') {
        const lam = multipliers[from]!;
        const factor = lam * law.gain * law.gain;
        const squares = this.#balls.get(block)!;
        for (let i = 0; i < squares.entries.length; i++) matrix.entries[i]! -= factor * squares.entries[i]!;
        for (let i = 0; i < problem.sizes[block]!; i++) matrix.entries[(first + i) * (n + 1)]! += lam;
        continue;
      }
      const own = multipliers.subarray(from, from + rows);
      const inner = own.map((lam, i) => lam * law.lower[i]! * law.upper[i]!);
      if (inner.some((value) => value !== 0)) await this.#addSquares(matrix, input, inner);
      for (let i = 0; i < rows; i++) matrix.entries[(first + i) * (n + 1)]! += own[i]!;
      for (const [other, { columns, entries }] of input) {
        const left = layout.blocks[other]!;
        for (let i = 0; i < rows; i++) {
          const cross = (-own[i]! * (law.lower[i]! + law.upper[i]!)) / 2;
          for (let j = 0; j < columns; j++)
            matrix.entries[(first + i) * n + left + j]! += cross * entries[i * columns + j]!;
        }
      }
    }
    return matrix;
  }

  /** Adds Y' diag(weights) Y: the lower triangle and the diagonal blocks. */
  async #addSquares(matrix: Dense, form: DenseForm, weights: Float64Array | undefined): Promise<void> {
    const n = matrix.rows;
    for (const [block, right] of form) {
      const weighted: Dense =
        weights === undefined
          ? right
          : { ...right, entries: right.entries.map((value, at) => value * weights[Math.floor(at / right.columns)]!) };
      for (const [other, left] of form) {
        if (other < block) continue;
        const product = await this.#products.transposedTimes(left, weighted);
        const [row, column] = [this.layout.blocks[other]!, this.layout.blocks[block]!];
        for (let i = 0; i < product.rows; i++)
          for (let j = 0; j < product.columns; j++)
            matrix.entries[(row + i) * n + column + j]! += product.entries[i * product.columns + j]!;
      }
    }
  }
}

/** A symmetric matrix together with what it does to the rows Y of the units' inputs. */
export interface OnRows {
  readonly matrix: Dense;
  readonly acrossRows: Dense;
  readonly betweenRows: Dense;
}

function added(total: Dense | undefined, more: Dense): Dense {
  if (total === undefined) return more;
  for (let i = 0; i < more.entries.length; i++) more.entries[i]! += total.entries[i]!;
  return more;
}

function layoutOf({ sizes, units }: DenseProblem): Layout {
  const starts = (counts: readonly number[]): number[] => {
    let at = 0;
    return counts.map((count) => (at += count) - count);
  };
  const rowCounts = units.map(({ rows }) => rows);
  const multiplierCounts = units.map(({ law, rows }) => (law.kind === 'ball' ? 1 : rows));
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  const [blocks, rows, multipliers] = [starts(sizes), starts(rowCounts), starts(multiplierCounts)];
  const terms = units.flatMap(({ block, law, rows: count }, at): Term[] => {
    const [variable, row, multiplier] = [blocks[block]!, rows[at]!, multipliers[at]!];
    if (law.kind === 'slopes')
      return Array.from({ length: count }, (_, i) => ({
        multiplier: multiplier + i,
        weight: 1,
        zeta: 1,
        a: law.lower[i]!,
        b: law.upper[i]!,
        variable: variable + i,
        row: row + i,
      }));
    return [
      ...Array.from({ length: sizes[block]! }, (_, i) => ({
        multiplier,
        weight: 1,
        zeta: 1,
        a: 0,
        b: 0,
        variable: variable + i,
        row,
      })),
      ...Array.from({ length: count }, (_, i) => ({
        multiplier,
        weight: -law.gain * law.gain,
        zeta: 0,
        a: 1,
        b: 1,
        variable,
        row: row + i,
      })),
    ];
  });
  return {
    blocks,
    rows,
    multipliers,
    variableCount: total(sizes),
    rowCount: total(rowCounts),
    multiplierCount: total(multiplierCounts),
    terms,
  };
}
