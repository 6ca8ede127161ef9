import type { ExactMap } from './exact-map.ts';
import { outward } from './plane-rows.ts';
import type { LevelRows } from './plane-walk.ts';
import type { PointProof } from './point-proof.ts';

/** The network at single points of the plane, with a bound of every error. */
export class ExactPoints implements PointProof {
  readonly #map: ExactMap;

  constructor(map: ExactMap) {
    this.#map = map;
  }

  slopeBelow(u: number, v: number): number | undefined {
    return this.#evaluate(u, v) ? this.#map.below() : undefined;
  }

  quotientBelow(u: number, v: number, otherU: number, otherV: number): number | undefined {
    const here = this.#valuesAt(u, v);
    const there = this.#valuesAt(otherU, otherV);
    const moved = here.map(({ value, error }, i) => {
      const other = there[i]!;
      return Math.max(0, Math.abs(value - other.value) * (1 - 2 ** -50) - 1.001 * (error + other.error));
    });
    const step = this.#map.stepAbove(u - otherU, v - otherV);
    return step > 0 ? this.#map.quotientBelow(moved, step) : undefined;
  }

  /** Goes through all units; whether each lies clearly on one of its pieces. On a bend either piece has the same value. */
  #evaluate(u: number, v: number): boolean {
    const { walk } = this.#map;
    const { levels, pieces } = walk.rows;
    let clear = true;
    const [p, q] = this.#coordinates(u, v);
    for (const [l, { first, count }] of levels.entries()) {
      walk.enter(l);
      if (l === levels.length - 1) break;
      const rows = walk.at(l);
      for (let k = 0; k < count; k++) {
        const { breaks, slopes } = pieces[first + k]!;
        const { value, error } = valueAt(rows, k, p, q);
        let piece = 0;
        while (piece < breaks.length && value > breaks[piece]!) piece++;
        let loose = 0;
        for (const [i, bend] of breaks.entries()) {
          if (Math.abs(value - bend) > error) continue;
          clear = false;
          loose += Math.abs(slopes[i + 1]! - slopes[i]!) * 2.01 * error;
        }
        walk.piece[first + k] = piece;
        walk.loose[first + k] = loose;
      }
    }
    return clear;
  }

  #valuesAt(u: number, v: number): readonly Enclosed[] {
    this.#evaluate(u, v);
    const [p, q] = this.#coordinates(u, v);
    const { outputs } = this.#map.walk;
    return Array.from(outputs.a, (_, i) => valueAt(outputs, i, p, q));
  }

  #coordinates(u: number, v: number): readonly [number, number] {
    const { frame } = this.#map.walk.rows;
    return [(u - frame.centerU) / frame.scaleU, (v - frame.centerV) / frame.scaleV];
  }
}

interface Enclosed {
  readonly value: number;
  readonly error: number;
}

/** With the rounding of the coordinates themselves and of the sum: a few units of each term. */
function valueAt(rows: LevelRows, k: number, p: number, q: number): Enclosed {
  const [a, b, c] = [rows.a[k]! * p, rows.b[k]! * q, rows.c[k]!];
  const size = Math.abs(a) + Math.abs(b) + Math.abs(c);
  return {
    value: a + b + c,
    error: outward * (rows.errors.shift[k]! + (Math.abs(p) + Math.abs(q)) * rows.errors.tilt[k]! + 2 ** -49 * size),
  };
}
