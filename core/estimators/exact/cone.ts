/** Rows g with g.z >= 0: the closed cone of the points of a cell, in homogeneous coordinates. */
export interface Cone {
  readonly columns: number;
  count: number;
  /** count x columns (with room to grow). */
  rows: Float64Array;
  /** Error of any entry of a row, left of t and in t. */
  errors: Float64Array;
  shiftErrors: Float64Array;
  /** Two words a row: bit c says that column c is not zero, exactly. */
  support: Uint32Array;
}

export const emptyCone = (columns: number, room: number): Cone => ({
  columns,
  count: 0,
  rows: new Float64Array(columns * room),
  errors: new Float64Array(room),
  shiftErrors: new Float64Array(room),
  support: new Uint32Array(2 * room),
});

export interface Projection {
  /** h + sum lambda g, the shortest there is. 0 proves that h.z > 0 nowhere in the cone; otherwise it is a point of it. */
  readonly residual: Float64Array;
  readonly length: number;
  /** Rows that take part, and by how much. */
  readonly active: readonly number[];
  readonly lambda: Float64Array;
}

/** Violations below this, relative to the length of the residual, are none. */
const tolerance = 1e-11;

/**
 * Minimises |h + sum lambda_i g_i| over lambda >= 0 (Lawson and Hanson 1974, chapter 23). The factor of the active rows is kept by
 * Gram-Schmidt, twice where much cancels: normal equations would lose half the digits, and those decide here.
 */
export class Projector {
  readonly #columns: number;
  /** Orthonormal columns and the triangle of the active rows. */
  readonly #q: Float64Array;
  readonly #r: Float64Array;
  #active: number[] = [];

  constructor(columns: number) {
    this.#columns = columns;
    this.#q = new Float64Array(columns * columns);
    this.#r = new Float64Array(columns * columns);
  }

  project(cone: Pick<Cone, 'rows' | 'count'>, h: Float64Array): Projection {
    const d = this.#columns;
    const { rows } = cone;
    this.#active = [];
    let lambda: Float64Array = new Float64Array(0);
    const residual = h.slice();
    const refused = new Set<number>();
    const scale = lengthOf(h);
    for (let round = 0; round < 20 * d + 3 * cone.count; round++) {
      const length = lengthOf(residual);
      if (length <= 1e-15 * scale || this.#active.length === d) break;
      let [worst, entering] = [-tolerance * length, -1];
      for (let i = 0; i < cone.count; i++) {
        let product = 0;
        for (let c = 0, at = i * d; c < d; c++, at++) product += rows[at]! * residual[c]!;
        if (product < worst && !refused.has(i) && !this.#active.includes(i)) [worst, entering] = [product, i];
      }
      if (entering < 0) break;
      if (!this.#append(rows, entering)) {
        // It lies in the span of the active ones but for rounding.
        refused.add(entering);
        continue;
      }
      const start = new Float64Array(this.#active.length);
      start.set(lambda);
      lambda = start;
      for (;;) {
        const next = this.#solve(h);
        let [step, leaving] = [1, -1];
        for (let k = 0; k < next.length; k++) {
          if (next[k]! > 0) continue;
          const ratio = lambda[k]! / (lambda[k]! - next[k]!);
          if (leaving < 0 || ratio < step) [step, leaving] = [ratio, k];
        }
        if (leaving < 0) {
          lambda = next;
          break;
        }
        // A row that enters and leaves at once is one that only rounding let in.
        if (this.#active[leaving] === entering) refused.add(entering);
        for (let k = 0; k < next.length; k++) lambda[k] = lambda[k]! + step * (next[k]! - lambda[k]!);
        const left = [...this.#active.keys()].filter((k) => k !== leaving && lambda[k]! > 0);
        lambda = Float64Array.from(left, (k) => lambda[k]!);
        this.#refactor(rows, left.map((k) => this.#active[k]!)); // prettier-ignore
        if (left.length === 0) break;
      }
      residual.set(h);
      for (const [k, i] of this.#active.entries())
        for (let c = 0; c < d; c++) residual[c]! += lambda[k]! * rows[i * d + c]!;
      if (this.#active.includes(entering)) refused.clear();
    }
    return { residual, length: lengthOf(residual), active: this.#active, lambda };
  }

  #refactor(rows: Float64Array, active: readonly number[]): void {
    this.#active = [];
    for (const i of active) this.#append(rows, i);
  }

  /** Adds a row to the factor, unless it depends on those that are there. */
  #append(rows: Float64Array, i: number): boolean {
    const d = this.#columns;
    const k = this.#active.length;
    const q = this.#q;
    const start = k * d;
    let before = 0;
    for (let c = 0; c < d; c++) {
      const entry = rows[i * d + c]!;
      q[start + c] = entry;
      before += entry * entry;
    }
    for (let j = 0; j < k; j++) this.#r[j * d + k] = 0;
    let after = before;
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < k; j++) {
        let product = 0;
        for (let c = 0; c < d; c++) product += q[j * d + c]! * q[start + c]!;
        this.#r[j * d + k]! += product;
        for (let c = 0; c < d; c++) q[start + c]! -= product * q[j * d + c]!;
      }
      const old = after;
      after = 0;
      for (let c = 0; c < d; c++) after += q[start + c]! ** 2;
      if (after > 0.5 * old) break;
    }
    if (!(after > 1e-24 * before)) return false;
    const length = Math.sqrt(after);
    for (let c = 0; c < d; c++) q[start + c]! /= length;
    this.#r[k * d + k] = length;
    this.#active.push(i);
    return true;
  }

  /** The lambda with the shortest residual, signs left alone. */
  #solve(h: Float64Array): Float64Array {
    const d = this.#columns;
    const k = this.#active.length;
    const lambda = new Float64Array(k);
    // Projections one after the other off a running remainder (modified Gram-Schmidt) keep their digits.
    const rest = h.slice();
    for (let j = 0; j < k; j++) {
      let product = 0;
      for (let c = 0; c < d; c++) product += this.#q[j * d + c]! * rest[c]!;
      lambda[j] = -product;
      for (let c = 0; c < d; c++) rest[c]! -= product * this.#q[j * d + c]!;
    }
    for (let j = k - 1; j >= 0; j--) {
      let sum = lambda[j]!;
      for (let i = j + 1; i < k; i++) sum -= this.#r[j * d + i]! * lambda[i]!;
      lambda[j] = sum / this.#r[j * d + j]!;
    }
    return lambda;
  }
}

function lengthOf(vector: Float64Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}
