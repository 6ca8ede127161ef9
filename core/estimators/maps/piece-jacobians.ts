import type { Work } from '../../compute/work.ts';
import type { CellBlock } from './cell-grid.ts';
import { raiseLower, type CellMethod, type CellQuestion } from './cell-method.ts';
import { cellRandom, SpreadPoints } from './cell-samples.ts';
import type { ExactMap } from './exact-map.ts';
import { ExactPoints } from './exact-points.ts';
import { PointRegions } from './point-regions.ts';

/** Of the steepest regions so many in each cell are proved. */
const proved = 2;

interface Steep {
  readonly value: number;
  readonly point: number;
}

/**
 * Sampled Jacobians of a network made of straight pieces: points of one region share their Jacobian, so it is looked at once per region
 * that holds a point. The points are those that the general method takes.
 */
export class PieceJacobians implements CellMethod {
  readonly side = 10;
  readonly ends = 'by itself';
  readonly #question: CellQuestion;
  readonly #map: ExactMap;
  readonly #points: ExactPoints;
  readonly #regions: PointRegions;
  #steepest: readonly Steep[] = [];

  constructor(question: CellQuestion, map: ExactMap) {
    this.#question = question;
    this.#map = map;
    this.#points = new ExactPoints(map);
    this.#regions = new PointRegions(map.walk, { region: this.#look });
  }

  async glance(block: CellBlock, work: Work): Promise<void> {
    const { grid, cells } = this.#question;
    const points = new SpreadPoints(grid, 1);
    for (const k of grid.cellsOf(block)) {
      await work.breathe();
      points.middle(k);
      this.#prove(cells, k, points.u[0]!, points.v[0]!);
    }
  }

  async fill(block: CellBlock, work: Work): Promise<void> {
    const { grid, cells, samples, seed } = this.#question;
    const { centerU, centerV, scaleU, scaleV } = this.#map.walk.rows.frame;
    const points = new SpreadPoints(grid, samples);
    const [p, q] = [new Float64Array(samples), new Float64Array(samples)];
    for (const k of grid.cellsOf(block)) {
      await work.breathe();
      points.spread(k, cellRandom(seed, k));
      for (let s = 0; s < samples; s++) {
        p[s] = (points.u[s]! - centerU) / scaleU;
        q[s] = (points.v[s]! - centerV) / scaleV;
      }
      this.#steepest = [];
      this.#regions.visit(p, q, samples);
      for (const { point } of this.#steepest) this.#prove(cells, k, points.u[point]!, points.v[point]!);
    }
  }

  #prove(cells: CellQuestion['cells'], k: number, u: number, v: number): void {
    const slope = this.#points.slopeBelow(u, v);
    if (slope !== undefined) raiseLower(cells, k, slope, 'proved Jacobians', u, v);
  }

  readonly #look = (order: Int32Array, from: number): void => {
    const enough = this.#steepest.length < proved ? 0 : this.#steepest.at(-1)!.value;
    const value = this.#map.above(enough);
    if (!(value > enough) && this.#steepest.length === proved) return;
    this.#steepest = [...this.#steepest, { value, point: order[from]! }]
      .sort((a, b) => b.value - a.value)
      .slice(0, proved);
  };

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
