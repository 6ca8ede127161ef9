import type { LevelRows, PlaneWalk } from './plane-walk.ts';

export interface RegionVisitor {
  /** Points from..to of `order`, by their places in the list, lie in one region, whose outputs' rows the walk has computed. */
  region(order: Int32Array, from: number, to: number): void;
}

/**
 * Sorts points of the plane by the activation region they lie in: in each region the network is affine, and so its value at a point costs a
 * product or two in place of all layers. Regions without points are not looked at. A point on a bend may count to either side.
 */
export class PointRegions {
  readonly #walk: PlaneWalk;
  readonly #visitor: RegionVisitor;
  readonly #crossing: readonly Int32Array[];
  #order = new Int32Array(0);
  #p = new Float64Array(0);
  #q = new Float64Array(0);

  constructor(walk: PlaneWalk, visitor: RegionVisitor) {
    this.#walk = walk;
    this.#visitor = visitor;
    this.#crossing = walk.rows.levels.map(({ count }) => new Int32Array(count));
  }

  /** Of points in the coordinates of the frame. */
  visit(p: Float64Array, q: Float64Array, count: number): void {
    if (this.#order.length < count)
      [this.#order, this.#p, this.#q] = [new Int32Array(count), new Float64Array(count), new Float64Array(count)];
    for (let i = 0; i < count; i++) {
      this.#order[i] = i;
      this.#p[i] = p[i]!;
      this.#q[i] = q[i]!;
    }
    this.#walk.loose.fill(0);
    if (count > 0) this.#enter(0, 0, count);
  }

  #enter(level: number, from: number, to: number): void {
    const { levels, pieces } = this.#walk.rows;
    this.#walk.enter(level);
    if (level === levels.length - 1) {
      this.#visitor.region(this.#order, from, to);
      return;
    }
    const { first, count } = levels[level]!;
    const rows = this.#walk.at(level);
    const [left, right] = extent(this.#p, from, to);
    const [low, high] = extent(this.#q, from, to);
    const [p, q, halfP, halfQ] = [(left + right) / 2, (low + high) / 2, (right - left) / 2, (high - low) / 2];
    const crossing = this.#crossing[level]!;
    let crossed = 0;
    for (let k = 0; k < count; k++) {
      const [a, b] = [rows.a[k]!, rows.b[k]!];
      const value = a * p + b * q + rows.c[k]!;
      const reach = Math.abs(a) * halfP + Math.abs(b) * halfQ;
      const { breaks } = pieces[first + k]!;
      let [least, most] = [0, 0];
      for (let i = 0; i < breaks.length; i++) {
        if (value - reach > breaks[i]!) least = i + 1;
        if (value + reach > breaks[i]!) most = i + 1;
      }
      if (least === most) this.#walk.piece[first + k] = least;
      else crossing[crossed++] = k;
    }
    this.#split(level, crossed, 0, from, to);
  }

  #split(level: number, crossed: number, at: number, from: number, to: number): void {
    if (at === crossed) {
      this.#enter(level + 1, from, to);
      return;
    }
    const { levels, pieces } = this.#walk.rows;
    const k = this.#crossing[level]![at]!;
    const unit = levels[level]!.first + k;
    const { breaks } = pieces[unit]!;
    const rows = this.#walk.at(level);
    let start = from;
    for (let piece = 0; piece <= breaks.length && start < to; piece++) {
      const end = piece === breaks.length ? to : this.#gather(rows, k, breaks[piece]!, start, to);
      if (end === start) continue;
      this.#walk.piece[unit] = piece;
      this.#split(level, crossed, at + 1, start, end);
      start = end;
    }
  }

  /** Brings the points that are not above the bend to the front; returns where the others begin. */
  #gather(rows: LevelRows, k: number, bend: number, from: number, to: number): number {
    const [a, b, c] = [rows.a[k]!, rows.b[k]!, rows.c[k]! - bend];
    const [order, p, q] = [this.#order, this.#p, this.#q];
    let [i, j] = [from, to];
    while (i < j) {
      if (a * p[i]! + b * q[i]! + c <= 0) {
        i++;
        continue;
      }
      j--;
      const [point, x, y] = [order[i]!, p[i]!, q[i]!];
      order[i] = order[j]!;
      p[i] = p[j]!;
      q[i] = q[j]!;
      order[j] = point;
      p[j] = x;
      q[j] = y;
    }
    return i;
  }
}

function extent(values: Float64Array, from: number, to: number): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
