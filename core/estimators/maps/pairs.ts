import type { Norm } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import type { MissingDerivative } from '../../derivatives/derived-network.ts';
import type { CellBlock } from './cell-grid.ts';
import { forgetLower, raiseLower, type CellMethod, type CellQuestion } from './cell-method.ts';
import { cellRandom } from './cell-samples.ts';
import { distanceAt } from './pair-lengths.ts';
import { openWideGraph, placeOf, type Numbers, type WideGraph } from './wide-graph.ts';

/** Of the pairs that looked steepest in float32, so many in each cell are computed again in float64. */
const recomputed = 4;

/**
 * Rosca, Weber, Gretton and Mohamed (2020), appendix: random pairs of points in each cell, and the largest difference quotient. Pairs lie
 * in the plane, so what they show holds for the slice as well as for the full input.
 */
export async function openPairs(question: CellQuestion, work: Work): Promise<CellMethod | MissingDerivative> {
  const { runnable: network, output } = question.prepared;
  const open = (precision: 'float32' | 'float64', most: number) =>
    openWideGraph({ network, output, kind: 'values', precision, most }, work.engine);
  // On a GPU all pairs of a cell at once.
  const most = placeOf(work.engine, 'float32') === 'gpu' ? Math.min(2 * question.samples, 2 ** 16) : 1024;
  const single = await open('float32', most);
  if ('missing' in single) return single;
  const double = await open('float64', 256);
  if ('missing' in double) {
    await single[Symbol.asyncDispose]();
    return double;
  }
  return new Pairs(question, single, double);
}

interface Pair {
  quotient: number;
  readonly uv: Float64Array;
}

class Pairs implements CellMethod {
  readonly side = 5;
  readonly ends = 'by itself';
  readonly #question: CellQuestion;
  readonly #single: WideGraph;
  readonly #double: WideGraph;
  readonly #points: Float32Array;
  readonly #places: Float64Array;

  constructor(question: CellQuestion, single: WideGraph, double: WideGraph) {
    this.#question = question;
    this.#single = single;
    this.#double = double;
    this.#points = new Float32Array(Math.max(2, single.size) * single.inputs);
    this.#places = new Float64Array(2 * Math.max(2, single.size));
  }

  async fill(block: CellBlock, work: Work): Promise<void> {
    const { grid, cells, samples, proof } = this.#question;
    const best: Pair[] = [];
    for (const k of grid.cellsOf(block)) best.push(...(await this.#search(k, samples, work)));
    const exact = await this.#again(best, work);
    let at = 0;
    for (const k of grid.cellsOf(block)) {
      forgetLower(cells, k);
      for (let i = 0; i < recomputed; i++, at++) {
        const { quotient, uv } = best[at]!;
        if (!(quotient > 0)) continue;
        const [u, v, w, z] = uv as unknown as [number, number, number, number];
        const proved = proof?.quotientBelow(u, v, w, z);
        raiseLower(cells, k, proved ?? exact[at]!, proved === undefined ? 'pairs' : 'proved pairs', u, v);
      }
    }
  }

  /** The steepest pairs of a cell, as float32 sees them. */
  async #search(k: number, samples: number, work: Work): Promise<readonly Pair[]> {
    const { grid, norm, seed } = this.#question;
    const { left, right, low, high } = grid.box(k);
    const random = cellRandom(seed, k);
    const best = Array.from({ length: recomputed }, (): Pair => ({ quotient: 0, uv: new Float64Array(4) }));
    const perRun = Math.max(1, this.#single.size >> 1);
    for (let done = 0; done < samples; done += perRun) {
      await work.breathe();
      const count = Math.min(perRun, samples - done);
      for (let i = 0; i < 2 * count; i++) {
        const u = left + (right - left) * random.uniform();
        const v = low + (high - low) * random.uniform();
        this.#places[2 * i] = u;
        this.#places[2 * i + 1] = v;
        grid.put(this.#points, i * this.#single.inputs, u, v);
      }
      const values = await valuesOf(this.#single, this.#points, 2 * count);
      for (let i = 0; i < count; i++) {
        const quotient = quotientAt(i, values, this.#single.results, this.#points, this.#single.inputs, norm);
        if (quotient > best.at(-1)!.quotient) keep(best, { quotient, uv: this.#places.slice(4 * i, 4 * i + 4) });
      }
    }
    return best;
  }

  /** Quotients in float64: close pairs overshoot in float32 by up to a percent. */
  async #again(pairs: readonly Pair[], work: Work): Promise<Float64Array> {
    const { grid, norm } = this.#question;
    const { inputs, results, size } = this.#double;
    const quotients = new Float64Array(pairs.length);
    const perRun = Math.max(1, size >> 1);
    const points = new Float64Array(2 * perRun * inputs);
    for (let start = 0; start < pairs.length; start += perRun) {
      await work.breathe();
      const some = pairs.slice(start, start + perRun);
      for (const [i, { uv }] of some.entries())
        for (const end of [0, 1]) grid.put(points, (2 * i + end) * inputs, uv[2 * end]!, uv[2 * end + 1]!);
      const values = await valuesOf(this.#double, points, 2 * some.length);
      for (let i = 0; i < some.length; i++) quotients[start + i] = quotientAt(i, values, results, points, inputs, norm);
    }
    return quotients;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#single[Symbol.asyncDispose]();
    await this.#double[Symbol.asyncDispose]();
  }
}

/** A graph that takes one point at a time is run twice for a pair. */
async function valuesOf(graph: WideGraph, points: Numbers, count: number): Promise<Numbers> {
  if (count <= graph.size) return graph.run(points, count);
  const values = new Float64Array(count * graph.results);
  for (let i = 0; i < count; i++) values.set(await graph.run(points.subarray(i * graph.inputs), 1), i * graph.results);
  return values;
}

function keep(best: Pair[], found: Pair): void {
  best.pop();
  const at = best.findIndex(({ quotient }) => quotient < found.quotient);
  best.splice(at < 0 ? best.length : at, 0, found);
}

/** |f(x) - f(y)| / |x - y| of the i-th pair. */
function quotientAt(i: number, values: Numbers, outputs: number, points: Numbers, inputs: number, norm: Norm): number {
  const change = distanceAt(values, 2 * i * outputs, outputs, norm);
  const step = distanceAt(points, 2 * i * inputs, inputs, norm);
  return step > 0 && Number.isFinite(change) ? change / step : 0;
}
