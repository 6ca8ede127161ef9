import { outward } from './plane-rows.ts';
import type { LevelRows, PlaneWalk } from './plane-walk.ts';

/**
 * All activation regions within a convex polygon of the plane, one after the other: the polygon is clipped at the bends of each unit in
 * turn, level by level. Corners are rounded, so polygons are kept a little too large, by `margin` at the start and at every cut: every
 * cut loses less than `perCut` of it. So each polygon holds the disc of radius margin / 2 around every point whose region it stands for, and
 * a side that reaches less far than that is not there. What is left out was proved not to exist; what is kept may exist only on paper, by
 * a hair's breadth.
 */
const margin = 2 ** -38;
const perCut = 2 ** -48;
const mostCuts = margin / 2 / perCut;

export interface Visitor {
  /** A region, whose outputs' rows the walk has computed: its corners, p and q in turn, are those from..to of `corners`. */
  piece(corners: Float64Array, from: number, to: number): void;
}

export class CellPartition {
  readonly #walk: PlaneWalk;
  readonly #most: number;
  readonly #visitor: Visitor;
  /** Polygons that are being worked on, the newest last. */
  #corners = new Float64Array(4096);
  /** Of each level, the units that bend within its polygon. */
  readonly #crossing: readonly Int32Array[];
  #pieces = 0;
  // What `#look` found: the pieces first..last of a unit that the polygon may reach; none where first > last.
  #first = 0;
  #last = 0;
  #loose = 0;

  /** Gives up beyond `most` pieces. */
  constructor(walk: PlaneWalk, visitor: Visitor, most: number) {
    this.#walk = walk;
    this.#most = most;
    this.#visitor = visitor;
    this.#crossing = walk.rows.levels.map(({ count }) => new Int32Array(count));
  }

  /** Visits every region of the box; false when there were too many to go through. */
  visit(left: number, right: number, low: number, high: number): boolean {
    const [a, b, c, d] = [left - margin, right + margin, low - margin, high + margin];
    this.#corners.set([a, c, b, c, b, d, a, d]);
    this.#pieces = 0;
    return this.#enter(0, 0, 8, 0);
  }

  /** A level on a polygon on which all units before are decided. */
  #enter(level: number, from: number, to: number, depth: number): boolean {
    const { levels, pieces } = this.#walk.rows;
    this.#walk.enter(level);
    if (level === levels.length - 1) {
      this.#pieces++;
      this.#visitor.piece(this.#corners, from, to);
      return this.#pieces <= this.#most;
    }
    const { first, count } = levels[level]!;
    const rows = this.#walk.at(level);
    const [piece, loose, crossing] = [this.#walk.piece, this.#walk.loose, this.#crossing[level]!];
    // A box around the polygon decides most units with one product.
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = from; i < to; i += 2) {
      const [p, q] = [this.#corners[i]!, this.#corners[i + 1]!];
      left = Math.min(left, p);
      right = Math.max(right, p);
      low = Math.min(low, q);
      high = Math.max(high, q);
    }
    const [p, q, halfP, halfQ] = [(left + right) / 2, (low + high) / 2, (right - left) / 2, (high - low) / 2];
    let crossed = 0;
    for (let k = 0; k < count; k++) {
      const [a, b, c] = [rows.a[k]!, rows.b[k]!, rows.c[k]!];
      const value = a * p + b * q + c;
      const reach = Math.abs(a) * halfP + Math.abs(b) * halfQ;
      const breaks = pieces[first + k]!.breaks;
      const size = Math.abs(a) + Math.abs(b) + Math.abs(c);
      let [above, below] = [0, breaks.length];
      for (let i = 0; i < breaks.length; i++) {
        const bend = breaks[i]!;
        const wrong = reach + 1.01 * errorIn(rows, k) + 2 * evaluating * (size + Math.abs(bend));
        if (value - bend > wrong) above = i + 1;
        else if (bend - value > wrong && below > i) below = i;
      }
      let loosely = 0;
      if (above !== below) {
        this.#look(rows, first, k, from, to);
        if (this.#first > this.#last) return true;
        if (this.#first < this.#last) {
          crossing[crossed++] = k;
          continue;
        }
        [above, loosely] = [this.#first, this.#loose];
      }
      piece[first + k] = above;
      loose[first + k] = loosely;
    }
    return this.#split(level, crossed, 0, from, to, depth);
  }

  /** Cuts the polygon at the units of a level that bend in it, from the one at `at` on. */
  #split(level: number, crossed: number, at: number, from: number, to: number, depth: number): boolean {
    const { levels, pieces } = this.#walk.rows;
    const { first } = levels[level]!;
    const rows = this.#walk.at(level);
    for (let i = at; i < crossed; i++) {
      const k = this.#crossing[level]![i]!;
      this.#look(rows, first, k, from, to);
      const [least, most, loose] = [this.#first, this.#last, this.#loose];
      if (least > most) return true;
      this.#walk.loose[first + k] = loose;
      if (least === most) {
        this.#walk.piece[first + k] = least;
        continue;
      }
      if (depth + 2 >= mostCuts) return false;
      const { breaks } = pieces[first + k]!;
      for (let piece = least; piece <= most; piece++) {
        let [start, end] = [from, to];
        if (piece > least) [start, end] = [end, this.#clip(start, end, rows, k, breaks[piece - 1]!, 1)];
        if (piece < most && end > start) [start, end] = [end, this.#clip(start, end, rows, k, breaks[piece]!, -1)];
        if (end === start) continue;
        this.#walk.piece[first + k] = piece;
        // Two cuts for a piece between two bends.
        if (!this.#split(level, crossed, i + 1, start, end, depth + (most - least > 1 ? 2 : 1))) return false;
      }
      return true;
    }
    return this.#enter(level + 1, from, to, depth);
  }

  /** Which pieces of the unit of row k the polygon may reach. */
  #look(rows: LevelRows, first: number, k: number, from: number, to: number): void {
    const corners = this.#corners;
    const { breaks } = this.#walk.rows.pieces[first + k]!;
    const [a, b, c, error] = [rows.a[k]!, rows.b[k]!, rows.c[k]!, errorIn(rows, k)];
    let [most, least] = [-Infinity, Infinity];
    for (let i = from; i < to; i += 2) {
      const value = a * corners[i]! + b * corners[i + 1]! + c;
      if (value > most) most = value;
      if (value < least) least = value;
    }
    const slope = Math.sqrt(a * a + b * b);
    let [lowest, highest] = [0, breaks.length];
    for (let i = 0; i < breaks.length; i++) {
      const bend = breaks[i]!;
      const wrong = error + evaluating * (Math.abs(a) + Math.abs(b) + Math.abs(c) + Math.abs(bend));
      const reach = 0.999 * slope * (margin / 2) - wrong;
      if (most - bend < reach && highest > i) highest = i;
      if (bend - least < reach && lowest <= i) lowest = i + 1;
    }
    [this.#first, this.#last, this.#loose] = [lowest, highest, 0];
    if (lowest >= highest || breaks.length !== 1) return;
    const loose = this.#looseOnBend(rows, first, k, breaks[0]!, error);
    if (loose !== undefined) [this.#first, this.#last, this.#loose] = [0, 0, loose];
  }

  /**
   * A unit that sits on its bend everywhere, up to its error: either piece will do, and its value and slope are wrong by no more than this.
   * Not where it moves with inputs outside the plane: then both slopes are real.
   */
  #looseOnBend(rows: LevelRows, first: number, k: number, bend: number, error: number): number | undefined {
    const size = Math.abs(rows.a[k]!) + Math.abs(rows.b[k]!) + Math.abs(rows.c[k]! - bend);
    if (size > 6 * error) return undefined;
    for (const column of rows.slopes) if (column[k] !== 0) return undefined;
    if (rows.slopes.length > 0 && rows.errors.slope[k] !== 0) return undefined;
    const [left, right] = this.#walk.rows.pieces[first + k]!.slopes;
    return Math.abs(right! - left!) * (1.01 * size + error);
  }

  /** Writes the part on one side of a bend, and a margin more, behind the polygon; returns where it ends, `to` where nothing is. */
  #clip(from: number, to: number, rows: LevelRows, k: number, bend: number, sign: 1 | -1): number {
    if (2 * to - from + 4 > this.#corners.length) {
      const larger = new Float64Array(2 * this.#corners.length + 64);
      larger.set(this.#corners);
      this.#corners = larger;
    }
    const corners = this.#corners;
    const [a, b, c] = [sign * rows.a[k]!, sign * rows.b[k]!, sign * (rows.c[k]! - bend)];
    const size = Math.abs(a) + Math.abs(b);
    const shift = c + errorIn(rows, k) + margin * size + evaluating * (size + Math.abs(rows.c[k]!) + Math.abs(bend)); // prettier-ignore
    let end = to;
    let before = a * corners[to - 2]! + b * corners[to - 1]! + shift;
    for (let i = from; i < to; i += 2) {
      const [p, q] = [corners[i]!, corners[i + 1]!];
      const own = a * p + b * q + shift;
      if (own < 0 !== before < 0) {
        const j = i === from ? to - 2 : i - 2;
        const share = before / (before - own);
        corners[end++] = corners[j]! + share * (p - corners[j]!);
        corners[end++] = corners[j + 1]! + share * (q - corners[j + 1]!);
      }
      if (own >= 0) {
        corners[end++] = p;
        corners[end++] = q;
      }
      before = own;
    }
    return end - to < 6 ? to : end;
  }
}

/** How far a row's value is off anywhere in the map, where p and q are at most a hair above 1. */
const errorIn = ({ errors }: LevelRows, k: number): number => 1.01 * outward * (errors.shift[k]! + 2 * errors.tilt[k]!);

/** Errors of evaluating a row at a corner, whose coordinates are at most a hair above 1. */
const evaluating = 2 ** -50;
