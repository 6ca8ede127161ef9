import type { Norm } from '../../../bound.ts';
import type { MapPlane } from '../../../report/map.ts';
import type { CellBox } from '../cell-grid.ts';
import type { CellQuestion } from '../cell-method.ts';
import { lengthAbove, stepAbove, stretchAbove, stretchBelow } from '../proved-stretch.ts';
import { sliceBall, type SliceBall } from '../slice-ball.ts';
import type { PartBound, PartBounds } from '../split-cells.ts';
import { emptyModels, outward, type LinearModels } from './linear-models.ts';
import { TangentNetwork } from './tangent-network.ts';

/** Directions that are carried forward together: all inputs, where the full input is asked for. */
const mostDirections = 64;
/** Of the output, for norms of written-out Jacobians. */
const mostOutputs = 1024;

/**
 * Bounds on parts of a plane by carrying tangents forward as linear models: the Jacobian of a part is an affine function of its coordinates
 * and a remainder that shrinks with the square of its size. A norm is convex, so it is largest at a corner.
 */
export function tangentBounds({ prepared, grid, norm, constant }: CellQuestion): TangentBounds | undefined {
  const { analysed, input, output } = prepared;
  const { plane } = grid;
  const inputs = plane.origin.length;
  const inPlane = constant === 'slice';
  if (!inPlane && inputs > mostDirections) return undefined;
  const network = TangentNetwork.of(analysed, input, output);
  if (network === undefined) return undefined;
  const directions = inPlane
    ? [plane.first, plane.second]
    : Array.from({ length: inputs }, (_, j) => new Float64Array(inputs).fill(1, j, j + 1));
  const ball: SliceBall = inPlane ? sliceBall(plane, norm) : { kind: 'usual', distortion: 0 };
  const bounds = new TangentBounds(network, plane, directions, norm, ball);
  return bounds.outputs > mostOutputs ? undefined : bounds;
}

export class TangentBounds implements PartBounds {
  readonly found = 'linear models';
  readonly outputs: number;
  readonly #network: TangentNetwork;
  readonly #plane: MapPlane;
  readonly #directions: readonly LinearModels[];
  readonly #norm: Norm;
  readonly #ball: SliceBall;
  readonly #stepsInPlane: boolean;

  constructor(
    network: TangentNetwork,
    plane: MapPlane,
    directions: readonly Float64Array[],
    norm: Norm,
    ball: SliceBall,
  ) {
    this.#network = network;
    this.#plane = plane;
    this.#directions = directions.map((c) => ({ ...emptyModels(c.length), c }));
    this.#norm = norm;
    this.#ball = ball;
    this.#stepsInPlane = directions[0] === plane.first;
    this.outputs = this.#jacobian({ left: 0, right: 0, low: 0, high: 0 })[0]!.c.length;
  }

  of(part: CellBox): Promise<PartBound> {
    const columns = this.#jacobian(part);
    const error = remainder(columns);
    let [upper, at] = [-1, [part.left, part.low] as readonly [number, number]];
    for (const p of [-1, 1])
      for (const q of [-1, 1]) {
        const value = this.#above(columns, p, q, error);
        // Not a number: what overflowed has no bound.
        if (!(value <= upper)) [upper, at] = [value, [p < 0 ? part.left : part.right, q < 0 ? part.low : part.high]];
      }
    return Promise.resolve({ upper: Number.isNaN(upper) ? Number.POSITIVE_INFINITY : upper, at });
  }

  readonly below = (u: number, v: number): number => {
    const columns = this.#jacobian({ left: u, right: u, low: v, high: v });
    const error = columns.reduce((most, { a, b, r }) => r.reduce((m, own, i) => Math.max(m, outward * (own + Math.abs(a[i]!) + Math.abs(b[i]!))), most), 0); // prettier-ignore
    const length = (direction: Float64Array): number =>
      this.#stepsInPlane ? stepAbove(this.#plane, this.#norm, direction[0]!, direction[1]!) : lengthAbove(this.#norm, direction); // prettier-ignore
    const value = stretchBelow(this.#norm, this.#matrix(columns, 0, 0), error, this.#ball, length);
    return Number.isNaN(value) ? 0 : value;
  };

  #above(columns: readonly LinearModels[], p: number, q: number, error: number): number {
    const matrix = this.#matrix(columns, p, q);
    const { entries } = matrix;
    const rounding = 2 ** -51 * entries.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
    if (!entries.every(Number.isFinite)) return Number.NaN;
    return stretchAbove(this.#norm, matrix, outward * (error + rounding), this.#ball);
  }

  #matrix(columns: readonly LinearModels[], p: number, q: number) {
    const [rows, count] = [columns[0]!.c.length, columns.length];
    const entries = new Float64Array(rows * count);
    for (const [j, { c, a, b }] of columns.entries())
      for (let i = 0; i < rows; i++) entries[i * count + j] = c[i]! + (p * a[i]! + q * b[i]!);
    return { rows, columns: count, entries };
  }

  /** Column after column, on the part and a hair's breadth around it. */
  #jacobian({ left, right, low, high }: CellBox): readonly LinearModels[] {
    const { origin, first, second } = this.#plane;
    const [u, v, halfU, halfV] = [
      left + (right - left) / 2,
      low + (high - low) / 2,
      (right - left) / 2,
      (high - low) / 2,
    ];
    const values = emptyModels(origin.length);
    for (let i = 0; i < origin.length; i++) {
      values.c[i] = origin[i]! + u * first[i]! + v * second[i]!;
      values.a[i] = halfU * first[i]!;
      values.b[i] = halfV * second[i]!;
      const size = Math.abs(origin[i]!) + (Math.abs(u) + halfU) * Math.abs(first[i]!) + (Math.abs(v) + halfV) * Math.abs(second[i]!); // prettier-ignore
      values.r[i] = 2 ** -48 * size;
    }
    return this.#network.run({ values, directions: this.#directions }).directions;
  }
}

const remainder = (columns: readonly LinearModels[]): number =>
  columns.reduce((most, { r }) => r.reduce((m, own) => Math.max(m, own), most), 0);
