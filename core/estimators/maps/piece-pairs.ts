import type { Work } from '../../compute/work.ts';
import type { CellBlock } from './cell-grid.ts';
import { forgetLower, raiseLower, type CellMethod, type CellQuestion } from './cell-method.ts';
import { cellRandom, SpreadPoints } from './cell-samples.ts';
import type { ExactMap } from './exact-map.ts';
import { ExactPoints } from './exact-points.ts';
import { distanceAt, StepLengths } from './pair-lengths.ts';
import { PointRegions } from './point-regions.ts';

/** Of the steepest pairs so many in each cell are proved. */
const proved = 2;

/**
 * Rosca's procedure (see pairs.ts) for a network made of straight pieces: the ends of all pairs are sorted by the region they lie in, where
 * the network is one affine function, so that no layer is computed for a point. In doubles from the start.
 */
export class PiecePairs implements CellMethod {
  readonly side = 5;
  readonly ends = 'by itself';
  readonly #question: CellQuestion;
  readonly #map: ExactMap;
  readonly #points: ExactPoints;
  readonly #regions: PointRegions;
  readonly #steps: StepLengths;
  readonly #ends: SpreadPoints;
  readonly #p: Float64Array;
  readonly #q: Float64Array;
  /** Point after point. */
  readonly #values: Float64Array;

  /** `map` is that of the plane itself: pairs lie in it. */
  constructor(question: CellQuestion, map: ExactMap) {
    const count = 2 * question.samples;
    this.#question = question;
    this.#map = map;
    this.#points = new ExactPoints(map);
    this.#regions = new PointRegions(map.walk, { region: this.#evaluate });
    this.#steps = new StepLengths(question.grid.plane, question.norm);
    this.#ends = new SpreadPoints(question.grid, count);
    this.#p = new Float64Array(count);
    this.#q = new Float64Array(count);
    this.#values = new Float64Array(count * map.walk.rows.levels.at(-1)!.count);
  }

  async fill(block: CellBlock, work: Work): Promise<void> {
    const { grid, cells, seed } = this.#question;
    const { u, v } = this.#ends;
    for (const k of grid.cellsOf(block)) {
      await work.breathe();
      forgetLower(cells, k);
      this.#ends.draw(k, cellRandom(seed, k));
      for (const pair of this.#steepest()) {
        const quotient = this.#points.quotientBelow(u[2 * pair]!, v[2 * pair]!, u[2 * pair + 1]!, v[2 * pair + 1]!);
        if (quotient !== undefined) raiseLower(cells, k, quotient, 'proved pairs', u[2 * pair]!, v[2 * pair]!);
      }
    }
  }

  /** The pairs with the largest quotients, as computed. */
  #steepest(): readonly number[] {
    const { norm, samples } = this.#question;
    const { centerU, centerV, scaleU, scaleV } = this.#map.walk.rows.frame;
    const { u, v } = this.#ends;
    const outputs = this.#values.length / u.length;
    for (let i = 0; i < u.length; i++) {
      this.#p[i] = (u[i]! - centerU) / scaleU;
      this.#q[i] = (v[i]! - centerV) / scaleV;
    }
    this.#regions.visit(this.#p, this.#q, u.length);
    let best: { readonly pair: number; readonly quotient: number }[] = [];
    let enough = 0;
    for (let pair = 0; pair < samples; pair++) {
      const step = this.#steps.of(u[2 * pair]! - u[2 * pair + 1]!, v[2 * pair]! - v[2 * pair + 1]!);
      const change = distanceAt(this.#values, 2 * pair * outputs, outputs, norm);
      if (!(change > enough * step) || step === 0) continue;
      best = [...best, { pair, quotient: change / step }].sort((a, b) => b.quotient - a.quotient).slice(0, proved);
      if (best.length === proved) enough = best.at(-1)!.quotient;
    }
    return best.map(({ pair }) => pair);
  }

  readonly #evaluate = (order: Int32Array, from: number, to: number): void => {
    const { a, b, c } = this.#map.walk.outputs;
    const outputs = a.length;
    for (let i = from; i < to; i++) {
      const point = order[i]!;
      const [p, q] = [this.#p[point]!, this.#q[point]!];
      for (let o = 0; o < outputs; o++) this.#values[point * outputs + o] = a[o]! * p + b[o]! * q + c[o]!;
    }
  };

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
