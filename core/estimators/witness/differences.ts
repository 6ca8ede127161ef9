import type { Norm } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import { lengthOf, moveInside, type Region } from '../../region.ts';
import type { Climber } from './ascent.ts';
import { steepest } from './direction.ts';
import type { Forward } from './forward.ts';
import { seeded, type Random } from './random.ts';

/** Two points and their difference quotient as the engine computed it: a candidate, not yet a proof. */
export interface Candidate {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly quotient: number;
  /** The slope at x along y - x, where a derivative told it: what shorter steps in doubles may come to. */
  readonly slope?: number;
}

/** Distances of the first samples from the origin (or the region's centre). */
const scales = [0, 0.1, 1, 10, 100];

/** Jacobians by differences need a run per input; beyond this many, a random subspace of directions. */
const mostColumns = 4096;
const subspace = 192;

/** Searches by difference quotients alone: for the first glance, and for networks whose derivative is not known. */
export class DifferenceSearch {
  readonly #forward: Forward;
  readonly #region: Region;
  readonly #norm: Norm;
  readonly #work: Work;
  readonly #random: Random = seeded(1);

  constructor(forward: Forward, region: Region, norm: Norm, work: Work) {
    this.#forward = forward;
    this.#region = region;
    this.#norm = norm;
    this.#work = work;
  }

  /** The best of a few dozen random pairs: first over all scales, later around one scale at a time. */
  async sample(start: number): Promise<Candidate | undefined> {
    const count = Math.max(10, Math.min(64, this.#forward.batch));
    // Of a large image, drawing one pair takes as long as many numbers: the clock is looked at in between.
    const together = Math.max(1, Math.floor(this.#forward.batch / 2));
    let best: Candidate | undefined;
    for (let k = 0; k < count && (k === 0 || this.#work.remainingSeconds() > 0); k += together) {
      const drawn = Array.from({ length: Math.min(together, count - k) }, (_, i) => this.#pair(start, k + i));
      const found = await this.#best(drawn);
      if (found !== undefined && found.quotient > (best?.quotient ?? 0)) best = found;
    }
    return best;
  }

  #pair(start: number, k: number): [Float64Array, Float64Array] {
    const x = this.#point(scales[(start === 0 ? k : start) % scales.length]!);
    return [x, this.#step(x, this.#direction(), this.#reach(x) * 10 ** -(1 + (k % 2)))];
  }

  /**
   * From the best of some samples: the steepest direction of the Jacobian by differences, then random moves of the point along and
   * across it.
   */
  async *ascend(start: Candidate | undefined): AsyncGenerator<Candidate> {
    if (start === undefined) return;
    yield start;
    let current = start;
    for (let failures = 0; failures < 3 && this.#work.remainingSeconds() > 0;) {
      const steeper = await this.#best([...(await this.#alongSteepest(current)), ...this.#moves(current)]);
      if (steeper !== undefined && steeper.quotient > current.quotient * (1 + 1e-5)) {
        failures = steeper.quotient > current.quotient * 1.001 ? 0 : failures + 1;
        current = steeper;
        yield current;
      } else failures++;
    }
  }

  /** The pair that a climber stands for: of steps of several lengths, forth and back, the one on which most of its slope is seen. */
  async along({ point, direction, stretch }: Climber): Promise<Candidate | undefined> {
    const size = lengthOf(direction, 'l2') / Math.sqrt(direction.length);
    if (!(size > 0)) return undefined;
    const pairs = [1e-1, 1e-2, 1e-3, 1e-4].flatMap((far) =>
      [far, -far].map((signed): [Float64Array, Float64Array] => {
        const length = (signed * this.#reach(point)) / size;
        const end = this.#step(point, direction, length);
        // On the edge of the region a part of the step would lead outside: the whole of it, ending there, does not.
        return [this.#step(end, direction, -length), end];
      }),
    );
    const best = await this.#best(pairs);
    return best && { ...best, slope: stretch };
  }

  /** From the same point along the direction in which the network is steepest there, with steps of several lengths. */
  async #alongSteepest({ x, y }: Candidate): Promise<[Float64Array, Float64Array][]> {
    const { inputs } = this.#forward;
    const length = Math.max(lengthOf(difference(x, y), 'linf'), 1e-6);
    const all = inputs <= mostColumns;
    const basis = all ? undefined : [difference(x, y), ...Array.from({ length: subspace }, () => this.#direction())];
    const count = basis?.length ?? inputs;
    const [origin] = await this.#evaluate([x]);
    const columns: Float64Array[] = [];
    const chunk = Math.max(1, Math.min(this.#forward.batch, 256));
    for (let j = 0; j < count && this.#work.remainingSeconds() > 0; j += chunk) {
      const steps = Array.from({ length: Math.min(chunk, count - j) }, (_, k) =>
        this.#along(x, basis?.[j + k] ?? j + k, length),
      );
      for (const value of await this.#evaluate(steps))
        columns.push(value.map((own, i) => (own - origin![i]!) / length));
    }
    if (columns.length < count) return [];
    const weights = steepest(columns, this.#norm);
    const direction = basis === undefined ? weights : combine(basis, weights);
    const size = lengthOf(direction, 'linf');
    if (!(size > 0)) return [];
    return [0.03, 0.3, 1, -0.03, -0.3, -1, 10, -10].map((factor) => [
      x,
      this.#step(
        x,
        direction.map((value) => value / size),
        factor * length,
      ),
    ]);
  }

  /** The same difference from points nearby and far off, and scaled. */
  #moves({ x, y }: Candidate): [Float64Array, Float64Array][] {
    const delta = difference(y, x);
    const length = Math.max(lengthOf(delta, 'linf'), 1e-9);
    const direction = delta.map((value) => value / length);
    const reach = this.#reach(x);
    return Array.from({ length: Math.max(24, Math.min(96, this.#forward.batch)) }, (_, k) => {
      const far = reach * 10 ** (-3 + 3.5 * this.#random.uniform());
      const shift =
        k % 3 === 0
          ? direction.map((value) => value * far * (this.#random.uniform() - 0.5) * 2)
          : this.#direction().map((value) => value * far);
      const moved = this.#inside(x.map((value, i) => value + shift[i]!));
      return [moved, this.#step(moved, direction, length * (k % 4 === 0 ? 0.3 : 1))];
    });
  }

  /** The pair with the largest quotient; what float32 rounding could have added is taken off first. */
  async #best(pairs: readonly (readonly [Float64Array, Float64Array])[]): Promise<Candidate | undefined> {
    const values = await this.#evaluate(pairs.flat());
    let best: Candidate | undefined;
    pairs.forEach(([x, y], k) => {
      const [fx, fy] = [values[2 * k], values[2 * k + 1]];
      if (fx === undefined || fy === undefined) return;
      const rounding = 4e-7 * (lengthOf(fx, this.#norm) + lengthOf(fy, this.#norm));
      const distance = lengthOf(difference(x, y), this.#norm);
      const quotient = (lengthOf(difference(fx, fy), this.#norm) - rounding) / distance;
      if (distance > 0 && Number.isFinite(quotient) && quotient > (best?.quotient ?? 0)) best = { x, y, quotient };
    });
    return best;
  }

  /** As many values as the time allows; the first points are evaluated in any case. */
  async #evaluate(points: readonly Float64Array[]): Promise<readonly Float64Array[]> {
    const results: Float64Array[] = [];
    const { batch } = this.#forward;
    for (let start = 0; start < points.length; start += batch) {
      if (start >= 4 && this.#work.remainingSeconds() <= 0) break;
      await this.#work.breathe();
      results.push(...(await this.#forward.evaluate(points.slice(start, start + batch))));
    }
    return results;
  }

  #along(x: Float64Array, direction: Float64Array | number, length: number): Float64Array {
    const stepped = x.slice();
    if (typeof direction === 'number') stepped[direction]! += length;
    else direction.forEach((value, i) => (stepped[i]! += length * value));
    return stepped;
  }

  #step(x: Float64Array, direction: Float64Array, length: number): Float64Array {
    return this.#inside(x.map((value, i) => value + length * direction[i]!));
  }

  /** Without a region, points that float32 holds exactly: then everybody can replay them in any precision. */
  #inside(point: Float64Array): Float64Array {
    return this.#region.kind === 'all' ? point.map(Math.fround) : moveInside(this.#region, point);
  }

  #point(scale: number): Float64Array {
    const region = this.#region;
    const { inputs } = this.#forward;
    if (region.kind === 'all')
      return Float64Array.from({ length: inputs }, () => Math.fround(scale * this.#random.normal()));
    if (region.kind === 'box')
      return region.lower.map(
        (low, i) => low + (region.upper[i]! - low) * (scale === 0 ? 0.5 : this.#random.uniform()),
      );
    const direction = this.#direction();
    const length = lengthOf(direction, region.norm) || 1;
    const radius = region.radius * (scale === 0 ? 0 : this.#random.uniform());
    return moveInside(
      region,
      region.center.map((value, i) => value + (radius * direction[i]!) / length),
    );
  }

  /** A random direction whose largest entry is of order 1. */
  #direction(): Float64Array {
    return Float64Array.from({ length: this.#forward.inputs }, () => this.#random.normal() / 2);
  }

  /** How far it makes sense to go from a point. */
  #reach(x: Float64Array): number {
    const region = this.#region;
    if (region.kind === 'all') return Math.max(1, lengthOf(x, 'linf'));
    if (region.kind === 'ball') return Math.max(region.radius, 1e-12);
    return Math.max(...region.lower.map((low, i) => region.upper[i]! - low), 1e-12);
  }
}

const difference = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - b[i]!);

function combine(basis: readonly Float64Array[], weights: Float64Array): Float64Array {
  const sum = new Float64Array(basis[0]!.length);
  basis.forEach((direction, k) => direction.forEach((value, i) => (sum[i]! += weights[k]! * value)));
  return sum;
}
