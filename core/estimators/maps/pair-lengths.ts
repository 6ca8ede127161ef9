import type { Norm } from '../../bound.ts';
import type { MapPlane } from '../../report/map.ts';
import type { Numbers } from './wide-graph.ts';

/** Between two vectors that lie one after the other. */
export function distanceAt(numbers: Numbers, at: number, size: number, norm: Norm): number {
  let [sum, squares, most] = [0, 0, 0];
  for (let i = 0; i < size; i++) {
    const apart = Math.abs(numbers[at + i]! - numbers[at + size + i]!);
    sum += apart;
    squares += apart * apart;
    if (apart > most) most = apart;
  }
  return norm === 'l1' ? sum : norm === 'l2' ? Math.sqrt(squares) : most;
}

/** Lengths, in the input, of steps in the plane. */
export class StepLengths {
  readonly #plane: MapPlane;
  readonly #norm: Norm;

  constructor(plane: MapPlane, norm: Norm) {
    this.#plane = plane;
    this.#norm = norm;
  }

  of(du: number, dv: number): number {
    const { axes, first, second } = this.#plane;
    // The directions have length 1 and are at right angles.
    if (this.#norm === 'l2') return Math.sqrt(du * du + dv * dv);
    if (axes !== null) return this.#norm === 'l1' ? Math.abs(du) + Math.abs(dv) : Math.max(Math.abs(du), Math.abs(dv));
    let [sum, most] = [0, 0];
    for (let i = 0; i < first.length; i++) {
      const size = Math.abs(du * first[i]! + dv * second[i]!);
      sum += size;
      if (size > most) most = size;
    }
    return this.#norm === 'l1' ? sum : most;
  }
}
