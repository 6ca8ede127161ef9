import { seeded, type Random } from '../witness/random.ts';
import type { CellGrid } from './cell-grid.ts';

/** Every cell draws for itself, so that it does not matter which cells were filled before it, or on which thread. */
export const cellRandom = (seed: number, cell: number): Random => seeded(seed ^ Math.imul(cell + 1, 0x9e3779b1));

/** The generalised golden ratio of the plane: its multiples, modulo 1, leave no large gaps whatever their number (Roberts 2018). */
const [stepU, stepV] = [0.7548776662466927, 0.5698402909980532];

/** Sampled points of one cell after the other, in coordinates of the plane. */
export class SpreadPoints {
  readonly u: Float64Array;
  readonly v: Float64Array;
  readonly #grid: CellGrid;

  constructor(grid: CellGrid, count: number) {
    this.#grid = grid;
    this.u = new Float64Array(count);
    this.v = new Float64Array(count);
  }

  middle(k: number): void {
    this.#put(0, k, 0.5, 0.5);
  }

  /** Spread evenly over cell k, from a random start. */
  spread(k: number, random: Random): void {
    const [shiftU, shiftV] = [random.uniform(), random.uniform()];
    for (let s = 0; s < this.u.length; s++) this.#put(s, k, (shiftU + s * stepU) % 1, (shiftV + s * stepV) % 1);
  }

  /** Independent and uniform in cell k. */
  draw(k: number, random: Random): void {
    const { left, right, low, high } = this.#grid.box(k);
    for (let s = 0; s < this.u.length; s++) {
      this.u[s] = left + (right - left) * random.uniform();
      this.v[s] = low + (high - low) * random.uniform();
    }
  }

  #put(i: number, k: number, s: number, t: number): void {
    const { left, right, low, high } = this.#grid.box(k);
    this.u[i] = left + s * (right - left);
    this.v[i] = low + t * (high - low);
  }
}
