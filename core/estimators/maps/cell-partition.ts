import { addUnit, outward, type PlaneRows } from './plane-rows.ts';

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

/** Corners p and q in turn. */
type Polygon = Float64Array;

export interface Visitor {
  /** A region: its polygon, and the rows of the outputs in it, which are only good until the next one. */
  piece(polygon: Polygon, sums: Float64Array): void;
}

export class CellPartition {
  readonly #rows: PlaneRows;
  readonly #most: number;
  readonly #visitor: Visitor;
  /** One set of sums per cut that is open. */
  readonly #pool: Float64Array[] = [];
  #pieces = 0;

  /** Gives up beyond `most` pieces. */
  constructor(rows: PlaneRows, visitor: Visitor, most: number) {
    this.#rows = rows;
    this.#visitor = visitor;
    this.#most = most;
  }

  /** Visits every region of the box; false when there were too many to go through. */
  visit(left: number, right: number, low: number, high: number): boolean {
    const [a, b, c, d] = [left - margin, right + margin, low - margin, high + margin];
    const sums = this.#buffer(0);
    sums.set(this.#rows.base);
    this.#pieces = 0;
    return this.#level(0, Float64Array.of(a, c, b, c, b, d, a, d), sums, 0);
  }

  #buffer(depth: number): Float64Array {
    return (this.#pool[depth] ??= new Float64Array(this.#rows.base.length));
  }

  /** The units of a level on a polygon on which all before are decided. Writes into `sums`. */
  #level(level: number, polygon: Polygon, sums: Float64Array, depth: number): boolean {
    const { levels } = this.#rows;
    if (level === levels.length - 1) {
      this.#pieces++;
      this.#visitor.piece(polygon, sums);
      return this.#pieces <= this.#most;
    }
    const end = levels[level + 1]!;
    const crossing: number[] = [];
    for (let k = levels[level]!; k < end; k++) {
      const side = this.#sideOf(polygon, sums, k);
      if (side.first > side.last) return true;
      if (side.first === side.last) addUnit(this.#rows, sums, k, side.first, side.loose);
      else crossing.push(k);
    }
    return this.#split(level, crossing, 0, polygon, sums, depth);
  }

  #split(
    level: number,
    crossing: readonly number[],
    at: number,
    polygon: Polygon,
    sums: Float64Array,
    depth: number,
  ): boolean {
    const { levels, pieces, width } = this.#rows;
    for (let i = at; i < crossing.length; i++) {
      const k = crossing[i]!;
      const { breaks } = pieces[k]!;
      const side = this.#sideOf(polygon, sums, k);
      if (side.first > side.last) return true;
      if (side.first === side.last) {
        addUnit(this.#rows, sums, k, side.first, side.loose);
        continue;
      }
      if (depth + 2 >= mostCuts) return false;
      for (let piece = side.first; piece <= side.last; piece++) {
        let part: Polygon | undefined = polygon;
        if (piece > side.first) part = clipped(part, sums, k * width, breaks[piece - 1]!, 1);
        if (piece < side.last && part !== undefined) part = clipped(part, sums, k * width, breaks[piece]!, -1);
        if (part === undefined) continue;
        // The last one needs no copy. Units of earlier levels have been used already.
        const own = piece === side.last ? sums : this.#buffer(depth + 1);
        if (own !== sums) own.set(sums.subarray(levels[level]! * width), levels[level]! * width);
        addUnit(this.#rows, own, k, piece, 0);
        // Two cuts for a piece between two bends.
        if (!this.#split(level, crossing, i + 1, part, own, depth + (side.last - side.first > 1 ? 2 : 1))) return false;
      }
      return true;
    }
    return this.#level(level + 1, polygon, sums, depth);
  }

  /** Which pieces of unit k the polygon may reach. */
  #sideOf(polygon: Polygon, sums: Float64Array, k: number): Side {
    const { width, pieces } = this.#rows;
    const { breaks } = pieces[k]!;
    const at = k * width;
    const [a, b, c, error] = [sums[at]!, sums[at + 1]!, sums[at + 2]!, outward * sums[at + 3]!];
    let [most, least] = [-Infinity, Infinity];
    for (let i = 0; i < polygon.length; i += 2) {
      const value = a * polygon[i]! + b * polygon[i + 1]! + c;
      if (value > most) most = value;
      if (value < least) least = value;
    }
    const slope = Math.sqrt(a * a + b * b);
    let [first, last] = [0, breaks.length];
    for (let i = 0; i < breaks.length; i++) {
      const bend = breaks[i]!;
      const wrong = 3.01 * error + evaluating * (Math.abs(a) + Math.abs(b) + Math.abs(c) + Math.abs(bend));
      const reach = 0.999 * slope * (margin / 2) - wrong;
      if (most - bend < reach && last > i) last = i;
      if (bend - least < reach && first <= i) first = i + 1;
    }
    if (first < last && breaks.length === 1) {
      const loose = this.#looseOnBend(sums, k, breaks[0]!, error);
      if (loose !== undefined) return { first: 0, last: 0, loose };
    }
    return { first, last, loose: 0 };
  }

  /**
   * A unit that sits on its bend everywhere, up to its error: either piece will do, and its value and slope are wrong by no more than this.
   * Not where it moves with inputs outside the plane: then both slopes are real.
   */
  #looseOnBend(sums: Float64Array, k: number, bend: number, error: number): number | undefined {
    const { width, derivatives, pieces } = this.#rows;
    const at = k * width;
    const size = Math.abs(sums[at]!) + Math.abs(sums[at + 1]!) + Math.abs(sums[at + 2]! - bend);
    if (size > 16 * error) return undefined;
    for (let i = 0; i < derivatives; i++) if (sums[at + 4 + i] !== 0) return undefined;
    if (derivatives > 0 && sums[at + 4 + derivatives] !== 0) return undefined;
    const [left, right] = pieces[k]!.slopes;
    return Math.abs(right! - left!) * (1.01 * size + 3.01 * error);
  }
}

interface Side {
  /** The pieces that the polygon may reach; none where first > last. */
  readonly first: number;
  readonly last: number;
  readonly loose: number;
}

/** Errors of evaluating a row at a corner, whose coordinates are at most a hair above 1. */
const evaluating = 2 ** -50;

/** The part on one side of a bend, and a margin more; undefined where nothing is. */
function clipped(polygon: Polygon, sums: Float64Array, at: number, bend: number, sign: 1 | -1): Polygon | undefined {
  const [a, b, c] = [sign * sums[at]!, sign * sums[at + 1]!, sign * (sums[at + 2]! - bend)];
  const size = Math.abs(a) + Math.abs(b);
  const shift = c + 3.01 * outward * sums[at + 3]! + margin * size + evaluating * (size + Math.abs(sums[at + 2]!) + Math.abs(bend)); // prettier-ignore
  const count = polygon.length / 2;
  const part = new Float64Array(2 * count + 4);
  let length = 0;
  let before = a * polygon[2 * count - 2]! + b * polygon[2 * count - 1]! + shift;
  for (let i = 0; i < count; i++) {
    const [p, q] = [polygon[2 * i]!, polygon[2 * i + 1]!];
    const own = a * p + b * q + shift;
    if (own < 0 !== before < 0) {
      const j = i === 0 ? count - 1 : i - 1;
      const share = before / (before - own);
      part[length++] = polygon[2 * j]! + share * (p - polygon[2 * j]!);
      part[length++] = polygon[2 * j + 1]! + share * (q - polygon[2 * j + 1]!);
    }
    if (own >= 0) {
      part[length++] = p;
      part[length++] = q;
    }
    before = own;
  }
  return length < 6 ? undefined : part.subarray(0, length);
}
