import { addUnit, outward, type PlaneRows } from './plane-rows.ts';
import type { ExactMap } from './exact-map.ts';
import type { PointProof } from './point-proof.ts';

/** The network at single points of the plane, with a bound of every error. */
export class ExactPoints implements PointProof {
  readonly #map: ExactMap;
  readonly #sums: Float64Array;
  readonly #others: Float64Array;

  constructor(map: ExactMap) {
    this.#map = map;
    this.#sums = new Float64Array(map.rows.base.length);
    this.#others = new Float64Array(map.rows.base.length);
  }

  slopeBelow(u: number, v: number): number | undefined {
    return this.#evaluate(u, v, this.#sums) ? this.#map.below(this.#sums) : undefined;
  }

  quotientBelow(u: number, v: number, otherU: number, otherV: number): number | undefined {
    this.#evaluate(u, v, this.#sums);
    this.#evaluate(otherU, otherV, this.#others);
    const [here, there] = [this.#values(this.#sums, u, v), this.#values(this.#others, otherU, otherV)];
    const moved = here.map(({ value, error }, i) => {
      const other = there[i]!;
      return Math.max(0, Math.abs(value - other.value) * (1 - 2 ** -50) - 1.001 * (error + other.error));
    });
    const step = this.#map.stepAbove(u - otherU, v - otherV);
    return step > 0 ? this.#map.quotientBelow(moved, step) : undefined;
  }

  /** Goes through all units; whether each lies clearly on one of its pieces. On a bend either piece has the same value. */
  #evaluate(u: number, v: number, sums: Float64Array): boolean {
    const { rows } = this.#map;
    sums.set(rows.base);
    let clear = true;
    const [p, q] = coordinates(rows, u, v);
    for (let k = 0; k < rows.pieces.length; k++) {
      const { breaks, slopes } = rows.pieces[k]!;
      const { value, error } = valueAt(rows, sums, k, p, q);
      let piece = 0;
      while (piece < breaks.length && value > breaks[piece]!) piece++;
      let loose = 0;
      for (const [i, bend] of breaks.entries()) {
        if (Math.abs(value - bend) > error) continue;
        clear = false;
        loose += Math.abs(slopes[i + 1]! - slopes[i]!) * 2.01 * error;
      }
      addUnit(rows, sums, k, piece, loose);
    }
    return clear;
  }

  #values(sums: Float64Array, u: number, v: number): readonly Enclosed[] {
    const { rows } = this.#map;
    const [p, q] = coordinates(rows, u, v);
    return Array.from({ length: rows.outputs }, (_, i) => valueAt(rows, sums, rows.pieces.length + i, p, q));
  }
}

interface Enclosed {
  readonly value: number;
  readonly error: number;
}

function coordinates({ frame }: PlaneRows, u: number, v: number): readonly [number, number] {
  return [(u - frame.centerU) / frame.scaleU, (v - frame.centerV) / frame.scaleV];
}

/** With the rounding of the coordinates themselves and of the sum: a few units of each term. */
function valueAt({ width }: PlaneRows, sums: Float64Array, row: number, p: number, q: number): Enclosed {
  const at = row * width;
  const [a, b, c] = [sums[at]! * p, sums[at + 1]! * q, sums[at + 2]!];
  const size = Math.abs(a) + Math.abs(b) + Math.abs(c);
  return { value: a + b + c, error: outward * ((Math.abs(p) + Math.abs(q) + 1) * sums[at + 3]! + 2 ** -49 * size) };
}
