import type { Work } from '../../compute/work.ts';
import type { CellBlock } from './cell-grid.ts';
import { raiseLower, sinkUpper, type CellMethod, type CellQuestion } from './cell-method.ts';
import { CellPartition } from './cell-partition.ts';
import type { ExactMap } from './exact-map.ts';
import { ExactPoints } from './exact-points.ts';

/** Some 50 ms; a box with more regions is cut into four first. */
const mostPieces = 2000;
/** How often a cell may be cut. */
const mostCuts = 20;

/** Each cell's constant as the largest Jacobian of all its activation regions: both ends proved, and the same up to rounding. */
export class ExactCells implements CellMethod {
  readonly side = 5;
  readonly ends = 'by itself';
  readonly #question: CellQuestion;
  readonly #map: ExactMap;
  readonly #points: ExactPoints;
  readonly #partition: CellPartition;
  #above = 0;
  /** Where the two steepest regions are, newest first, in coordinates of the frame. */
  #seen: (readonly [number, number])[] = [];

  constructor(question: CellQuestion, map: ExactMap) {
    this.#question = question;
    this.#map = map;
    this.#points = new ExactPoints(map);
    this.#partition = new CellPartition(map.walk, { piece: this.#visit }, mostPieces);
  }

  async fill(block: CellBlock, work: Work): Promise<void> {
    const { grid, cells } = this.#question;
    const { centerU, centerV, scaleU, scaleV } = this.#map.walk.rows.frame;
    for (const k of grid.cellsOf(block)) {
      await work.breathe();
      const { left, right, low, high } = grid.box(k);
      this.#above = 0;
      this.#seen = [];
      const box = [(left - centerU) / scaleU, (right - centerU) / scaleU, (low - centerV) / scaleV, (high - centerV) / scaleV] as const; // prettier-ignore
      const all = await this.#goThrough(...box, 0, work);
      if (all) sinkUpper(cells, k, this.#above, 'exact partition');
      for (const [p, q] of this.#seen) {
        const u = Math.min(right, Math.max(left, centerU + scaleU * p));
        const v = Math.min(high, Math.max(low, centerV + scaleV * q));
        const proved = this.#points.slopeBelow(u, v);
        if (proved !== undefined) raiseLower(cells, k, proved, 'exact partition', u, v);
      }
    }
  }

  async #goThrough(a: number, b: number, c: number, d: number, cuts: number, work: Work): Promise<boolean> {
    await work.breathe();
    if (this.#partition.visit(a, b, c, d)) return true;
    if (cuts === mostCuts || work.remainingSeconds() <= 0) return false;
    const [p, q] = [(a + b) / 2, (c + d) / 2];
    for (const [left, right] of [
      [a, p],
      [p, b],
    ] as const)
      // prettier-ignore
      for (const [low, high] of [[c, q], [q, d]] as const) // prettier-ignore
        if (!(await this.#goThrough(left, right, low, high, cuts + 1, work))) return false;
    return true;
  }

  readonly #visit = (corners: Float64Array, from: number, to: number): void => {
    const value = this.#map.above(this.#above);
    if (!(value > this.#above)) return;
    this.#above = value;
    let [p, q] = [0, 0];
    for (let i = from; i < to; i += 2) {
      p += (2 * corners[i]!) / (to - from);
      q += (2 * corners[i + 1]!) / (to - from);
    }
    this.#seen = [[p, q], ...this.#seen.slice(0, 1)];
  };

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
