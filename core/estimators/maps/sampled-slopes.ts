import type { Norm } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import type { MissingDerivative } from '../../derivatives/derived-network.ts';
import type { Network } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import type { Precision } from '../../operators/derivatives/graph.ts';
import type { MapConstant, MapPlane } from '../../report/map.ts';
import { normOf } from '../exact/jacobian-norm.ts';
import { sliceBall, type SliceBall } from './slice-ball.ts';
import { openWideGraph, type Numbers, type WideGraph } from './wide-graph.ts';

/** How steep the network is at many points. */
export interface SampledSlopes extends AsyncDisposable {
  /** Points of one run. */
  readonly size: number;
  readonly precision: Precision;
  /** Norms of the Jacobian (or its restriction to the plane) at the first `count` points, as computed. */
  measure(points: Numbers, count: number, work: Work): Promise<Float64Array>;
}

export interface SlopesQuestion {
  readonly network: Network;
  readonly output: string;
  readonly norm: Norm;
  readonly plane: MapPlane;
  readonly constant: MapConstant;
  readonly precision: Precision;
  readonly most: number;
}

/** Beyond this many rows and columns of a Jacobian its norm is sought by the power method. */
const mostLines = 32;

export async function openSampledSlopes(
  question: SlopesQuestion,
  work: Work,
): Promise<SampledSlopes | MissingDerivative> {
  const { network, output, constant, plane, norm } = question;
  const rows = elementCount(network.types.get(output)!.shape);
  const columns = constant === 'slice' ? 2 : plane.origin.length;
  const ahead = constant === 'slice' || columns <= rows;
  const lines = Math.min(ahead ? columns : rows, mostLines + 1);
  const open = (kind: 'ahead' | 'back'): Promise<WideGraph | MissingDerivative> =>
    openWideGraph({ ...question, kind }, work.engine);
  const graph = await open(ahead ? 'ahead' : 'back');
  if ('missing' in graph) return graph;
  if (lines <= mostLines) {
    const directions =
      constant === 'slice' ? [plane.first, plane.second] : Array.from({ length: lines }, (_, k) => unit(k, ahead ? columns : rows)); // prettier-ignore
    const ball: SliceBall = constant === 'slice' ? sliceBall(plane, norm) : { kind: 'usual', distortion: 0 };
    return new WrittenOut(graph, directions, { rows, columns, norm, ahead, ball });
  }
  const other = await open(ahead ? 'back' : 'ahead');
  if ('missing' in other) {
    await graph[Symbol.asyncDispose]();
    return other;
  }
  return new PowerMethod(ahead ? graph : other, ahead ? other : graph, norm);
}

const unit = (at: number, size: number): Float64Array => new Float64Array(size).fill(1, at, at + 1);

interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly norm: Norm;
  /** Whether a line is a column of the Jacobian. */
  readonly ahead: boolean;
  readonly ball: SliceBall;
}

/** The Jacobian written down, line by line, for all points at once. */
class WrittenOut implements SampledSlopes {
  readonly size: number;
  readonly precision: Precision;
  readonly #graph: WideGraph;
  readonly #lines: readonly Float64Array[];
  readonly #sizes: Sizes;

  constructor(graph: WideGraph, directions: readonly Float64Array[], sizes: Sizes) {
    this.#graph = graph;
    this.size = graph.size;
    this.precision = graph.precision;
    this.#sizes = sizes;
    this.#lines = directions.map((direction) => repeated(direction, graph.size));
  }

  async measure(points: Numbers, count: number, work: Work): Promise<Float64Array> {
    const { rows, columns, norm, ahead, ball } = this.#sizes;
    const lines: Float64Array[] = [];
    for (const directions of this.#lines) {
      await work.breathe();
      lines.push(Float64Array.from(await this.#graph.run(points, count, directions)));
    }
    const entries = new Float64Array(rows * columns);
    const length = ahead ? rows : columns;
    return Float64Array.from({ length: count }, (_, k) => {
      for (const [l, line] of lines.entries())
        for (let i = 0; i < length; i++) entries[ahead ? i * columns + l : l * columns + i] = line[k * length + i]!;
      return stretchOf(norm, { rows, columns, entries }, ball);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#graph[Symbol.asyncDispose]();
  }
}

/** The norm of a Jacobian, or of one restricted to a plane, as computed. */
export function stretchOf(
  norm: Norm,
  matrix: { readonly rows: number; readonly columns: number; readonly entries: Float64Array },
  ball: SliceBall,
): number {
  const { rows, entries } = matrix;
  if (ball.kind === 'usual') {
    if (norm !== 'l2' || rows > 1) return normOf(norm, matrix);
    let sum = 0;
    for (const entry of entries) sum += entry * entry;
    return Math.sqrt(sum);
  }
  let most = 0;
  for (let k = 0; k < ball.corners.length; k += 2) {
    const [a, b] = [ball.corners[k]!, ball.corners[k + 1]!];
    let length = 0;
    for (let i = 0; i < rows; i++) {
      const moved = Math.abs(a * entries[2 * i]! + b * entries[2 * i + 1]!);
      length = norm === 'linf' ? Math.max(length, moved) : length + moved;
    }
    most = Math.max(most, length);
  }
  return most;
}

const steps = 6;

/** A few steps of the power method (Boyd 1974) at every point: never above the norm, up to rounding. */
class PowerMethod implements SampledSlopes {
  readonly size: number;
  readonly precision: Precision;
  readonly #ahead: WideGraph;
  readonly #back: WideGraph;
  readonly #norm: Norm;

  constructor(ahead: WideGraph, back: WideGraph, norm: Norm) {
    this.#ahead = ahead;
    this.#back = back;
    this.#norm = norm;
    this.precision = ahead.precision;
    this.size = Math.min(ahead.size, back.size);
  }

  async measure(points: Numbers, count: number, work: Work): Promise<Float64Array> {
    const { inputs, results } = this.#ahead;
    const best = new Float64Array(count);
    const start = Float64Array.from({ length: inputs }, (_, i) => Math.sin(1 + i * i) + 0.1);
    const directions = repeated(start, count);
    for (let step = 0; step < steps; step++) {
      await work.breathe();
      for (let k = 0; k < count; k++) normalise(directions.subarray(k * inputs, (k + 1) * inputs), this.#norm);
      const moved = Float64Array.from(await this.#ahead.run(points, count, directions));
      for (let k = 0; k < count; k++) {
        const own = moved.subarray(k * results, (k + 1) * results);
        best[k] = Math.max(best[k]!, lengthOf(own, this.#norm));
        makeDual(own, this.#norm);
      }
      directions.set((await this.#back.run(points, count, moved)).subarray(0, count * inputs));
      for (let k = 0; k < count; k++) makeSteepest(directions.subarray(k * inputs, (k + 1) * inputs), this.#norm);
    }
    return best;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ahead[Symbol.asyncDispose]();
    await this.#back[Symbol.asyncDispose]();
  }
}

const repeated = (direction: Float64Array, times: number): Float64Array => {
  const all = new Float64Array(times * direction.length);
  for (let k = 0; k < times; k++) all.set(direction, k * direction.length);
  return all;
};

function lengthOf(vector: Float64Array, norm: Norm): number {
  let [sum, squares, most] = [0, 0, 0];
  for (const value of vector) {
    sum += Math.abs(value);
    squares += value * value;
    most = Math.max(most, Math.abs(value));
  }
  return norm === 'l1' ? sum : norm === 'l2' ? Math.sqrt(squares) : most;
}

function normalise(vector: Float64Array, norm: Norm): void {
  const length = lengthOf(vector, norm);
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i]! /= length;
}

/** The weighting whose product with the vector is its length. */
function makeDual(vector: Float64Array, norm: Norm): void {
  if (norm === 'l2') normalise(vector, norm);
  else if (norm === 'l1') for (let i = 0; i < vector.length; i++) vector[i] = Math.sign(vector[i]!);
  else keepLargest(vector);
}

/** The direction that a row stretches most. */
function makeSteepest(row: Float64Array, norm: Norm): void {
  if (norm === 'linf') for (let i = 0; i < row.length; i++) row[i] = row[i]! < 0 ? -1 : 1;
  else if (norm === 'l1') keepLargest(row);
}

function keepLargest(vector: Float64Array): void {
  let best = 0;
  for (let i = 0; i < vector.length; i++) if (Math.abs(vector[i]!) > Math.abs(vector[best]!)) best = i;
  const sign = vector[best]! < 0 ? -1 : 1;
  vector.fill(0);
  vector[best] = sign;
}
