import type { Work } from '../../compute/work.ts';
import type { MissingDerivative } from '../../derivatives/derived-network.ts';
import type { CellBlock } from './cell-grid.ts';
import { raiseLower, type CellMethod, type CellQuestion } from './cell-method.ts';
import { cellRandom, SpreadPoints } from './cell-samples.ts';
import { placeOf } from './wide-graph.ts';
import { openSampledSlopes, type SampledSlopes } from './sampled-slopes.ts';

/** Of the points that looked steepest in float32, so many in each cell are computed again in float64. */
const recomputed = 2;

const tileSide = 10;

/** The largest norm of the Jacobian at points that are spread evenly over each cell. */
export async function openJacobians(question: CellQuestion, work: Work): Promise<Jacobians | MissingDerivative> {
  const { runnable: network, output } = question.prepared;
  const { norm, constant, grid } = question;
  const open = (precision: 'float32' | 'float64', most: number) =>
    openSampledSlopes({ network, output, norm, constant, plane: grid.plane, precision, most }, work);
  // A small map has fewer points than a run could take; what is computed for none of them takes as long.
  const points = Math.min(tileSide ** 2, grid.rows * grid.columns) * question.samples;
  const single = await open('float32', Math.min(points, placeOf(work.engine, 'float32') === 'gpu' ? 2 ** 14 : 4096));
  return 'missing' in single ? single : new Jacobians(question, single, () => open('float64', Math.min(points, 256)));
}

export class Jacobians implements CellMethod {
  readonly side = tileSide;
  readonly ends = 'by itself';
  readonly #question: CellQuestion;
  readonly #single: SampledSlopes;
  readonly #openDouble: () => Promise<SampledSlopes | MissingDerivative>;
  #double: SampledSlopes | undefined;

  constructor(
    question: CellQuestion,
    single: SampledSlopes,
    openDouble: () => Promise<SampledSlopes | MissingDerivative>,
  ) {
    this.#question = question;
    this.#single = single;
    this.#openDouble = openDouble;
  }

  /** One point in the middle of every cell: a whole picture before anything else. */
  async glance(block: CellBlock, work: Work): Promise<void> {
    const { grid, cells } = this.#question;
    const owners = [...grid.cellsOf(block)];
    const middle = new SpreadPoints(grid, 1);
    const places = new Float64Array(2 * owners.length);
    for (const [i, k] of owners.entries()) {
      middle.middle(k);
      places.set([middle.u[0]!, middle.v[0]!], 2 * i);
    }
    const norms = await this.#measure(this.#single, places, work);
    for (const [i, k] of owners.entries())
      raiseLower(cells, k, norms[i]!, 'Jacobians in float32', places[2 * i]!, places[2 * i + 1]!);
  }

  async fill(block: CellBlock, work: Work): Promise<void> {
    const { grid, cells, samples, seed, proof } = this.#question;
    const owners = [...grid.cellsOf(block)];
    const places = new Float64Array(2 * samples * owners.length);
    const points = new SpreadPoints(grid, samples);
    for (const [i, k] of owners.entries()) {
      points.spread(k, cellRandom(seed, k));
      for (let s = 0; s < samples; s++) places.set([points.u[s]!, points.v[s]!], 2 * (i * samples + s));
    }
    const norms = await this.#measure(this.#single, places, work);
    const best = owners.flatMap((_, i) => steepestOf(norms, i * samples, samples));
    const chosen = new Float64Array(2 * best.length);
    for (const [i, at] of best.entries()) chosen.set(places.subarray(2 * at, 2 * at + 2), 2 * i);
    const exact = await this.#measure(await this.#inDoubles(), chosen, work);
    const each = best.length / owners.length;
    for (let i = 0; i < best.length; i++) {
      const k = owners[Math.floor(i / each)]!;
      const [u, v] = [chosen[2 * i]!, chosen[2 * i + 1]!];
      const proved = proof?.slopeBelow(u, v);
      raiseLower(cells, k, proved ?? exact[i]!, proved === undefined ? 'Jacobians' : 'proved Jacobians', u, v);
    }
  }

  async #inDoubles(): Promise<SampledSlopes> {
    if (this.#double !== undefined) return this.#double;
    const opened = await this.#openDouble();
    // The same rules made the derivative in float32.
    if ('missing' in opened) throw new Error(`${opened.missing.op}: ${opened.missing.reason}`);
    return (this.#double = opened);
  }

  async #measure(slopes: SampledSlopes, places: Float64Array, work: Work): Promise<Float64Array> {
    const { grid } = this.#question;
    const inputs = grid.plane.origin.length;
    const count = places.length / 2;
    const length = slopes.size * inputs;
    const points = slopes.precision === 'float64' ? new Float64Array(length) : new Float32Array(length);
    const norms = new Float64Array(count);
    for (let start = 0; start < count; start += slopes.size) {
      await work.breathe();
      const some = Math.min(slopes.size, count - start);
      for (let i = 0; i < some; i++)
        grid.put(points, i * inputs, places[2 * (start + i)]!, places[2 * (start + i) + 1]!);
      norms.set(await slopes.measure(points, some, work), start);
    }
    return norms;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#single[Symbol.asyncDispose]();
    await this.#double?.[Symbol.asyncDispose]();
  }
}

/** Where the largest of some norms stand. */
function steepestOf(norms: Float64Array, from: number, count: number): number[] {
  const places = Array.from({ length: count }, (_, i) => from + i);
  return places.sort((a, b) => norms[b]! - norms[a]!).slice(0, recomputed);
}
