import type { Work } from '../../compute/work.ts';
import { lengthOf, moveInside, type Region } from '../../region.ts';
import type { Measured, Stretch } from '../jacobian/stretch.ts';
import type { Random } from './random.ts';

/** A point and the direction that the network stretches most there, as far as known. */
export interface Climber {
  readonly point: Float64Array;
  readonly direction: Float64Array;
  readonly stretch: number;
}

/** Steps uphill from one start; their length and the softness of the kinks fall along the way. */
const climb = 24;
/**
 * How soft kinks are at first, in units of what arrives at them: one climber after the other takes one of these. On a region the unit is how far that moves between random
 * corners, and those that count are moved further than at random.
 */
const softnesses = { all: [0.5], region: [1, 3, 6] } as const;
/** A network that is constant, or NaN, wherever one looks. */
const mostBarrenRounds = 3;
/** Of the best climbers of different starts, how many are climbed on from: the best one of all may sit on a hill of its own. */
const familyCount = 8;
/** With so few inputs random steps find what no slope leads to. */
const fewInputs = 32;
const planOfFew = ['anew', 'around', 'anew', 'on'] as const;
/** With many, hills are found at once and climbed for long. */
const planOfMany = ['anew', 'on', 'on'] as const;
/** From where points are drawn: near, far, and where only the far field is left. */
const scales = [0.3, 1, 3, 10, 100, 1000];

/**
 * Climbs the norm of the Jacobian from many points at once: every step moves the points uphill (with the kinks softened, for in
 * between them the slope of a piecewise linear network does not change) and the directions by one step of the power method. What counts is
 * the stretch of the network as it is.
 */
export class Ascent {
  readonly #stretch: Stretch;
  readonly #region: Region;
  readonly #work: Work;
  readonly #random: Random;
  #best: Climber | undefined;
  /** Of every family the best one, the best family first. */
  #families: Climber[] = [];

  constructor(stretch: Stretch, region: Region, work: Work, random: Random) {
    this.#stretch = stretch;
    this.#region = region;
    this.#work = work;
    this.#random = random;
  }

  /** Rounds of climbing from new starts and from near the best points so far; yields every improvement, and undefined after a round. */
  async *rounds(given: readonly Float64Array[] = []): AsyncGenerator<Climber | undefined> {
    // Where the slope changes within a hair's breadth a step leads away: first only the direction is looked for.
    const still = given.map((point) => ({ point: this.#inside(point), direction: this.#unit(), stretch: 0 }));
    yield* this.#climb(still, 0);
    const plan = this.#stretch.inputs <= fewInputs ? planOfFew : planOfMany;
    for (let round = 0; this.#work.remainingSeconds() > 0; round++) {
      const found = this.#best !== undefined;
      if (still.length > 0 && found && round % 4 === 1) yield* this.#climb([this.#best!], 0);
      if (!found && round === mostBarrenRounds) return;
      const next = found ? plan[round % plan.length]! : 'anew';
      if (next === 'anew') yield* this.#climbAnew(round);
      else if (next === 'on') yield* this.#climbOn();
      else yield* this.#lookAround();
      yield undefined;
    }
  }

  #starts(round: number): Climber[] {
    return Array.from({ length: Math.max(this.#stretch.batch, 4) }, (_, k) => {
      const best = this.#best;
      if (best === undefined || k % 3 !== 2)
        return { point: this.#drawn(scales[(k + round) % scales.length]!), direction: this.#unit(), stretch: 0 };
      const far = this.#reach(best.point) * 10 ** (-2 + 2 * this.#random.uniform());
      return { point: this.#moved(best.point, this.#unit(), far), direction: best.direction, stretch: 0 };
    });
  }

  async *#climbAnew(round: number): AsyncGenerator<Climber> {
    const tops = yield* this.#climb(this.#starts(round), 1);
    this.#families = best([...this.#families, ...tops]);
  }

  /** From near the best of every family; its children take its place. */
  async *#climbOn(): AsyncGenerator<Climber> {
    const families = this.#families;
    const parent = (k: number): number => k % families.length;
    const starts = Array.from({ length: Math.max(this.#stretch.batch, 2 * families.length) }, (_, k) => {
      const { point, direction } = families[parent(k)]!;
      if (k < families.length) return { point, direction, stretch: 0 };
      const far = this.#reach(point) * 10 ** (-2 + 2 * this.#random.uniform());
      // The power method may hold on to a direction that is only locally the best, in l1 and linf above all.
      const own = Math.floor(k / families.length) % 2 === 0 ? this.#unit() : direction;
      return { point: this.#moved(point, this.#unit(), far), direction: own, stretch: 0 };
    });
    const tops = yield* this.#climb(starts, 0.5);
    this.#families = best(
      families.map((own, at) =>
        tops.reduce((most, top, k) => (parent(k) === at && top.stretch > most.stretch ? top : most), own),
      ),
    );
  }

  /** `stride` scales the steps and the softness, both of which fall to nothing along the way. Answers the best of every climber's way. */
  async *#climb(starts: readonly Climber[], stride: number): AsyncGenerator<Climber, readonly Climber[]> {
    const { batch } = this.#stretch;
    const tops = starts.slice();
    for (let first = 0; first < starts.length; first += batch) {
      let group = starts.slice(first, first + batch);
      let momentum: Float64Array[] = group.map(() => new Float64Array(this.#stretch.inputs));
      for (let step = 0; step < climb; step++) {
        if (this.#work.remainingSeconds() <= 0) return tops;
        const rest = stride * (1 - step / climb) ** 2;
        const softness = group.map(({ point }, k) => rest * this.#softness(point, k) + 1e-3);
        const before = this.#best;
        const measured = await this.#measure(group, softness);
        measured.forEach(({ stretch }, k) => {
          if (stretch > tops[first + k]!.stretch) tops[first + k] = { ...group[k]!, stretch };
        });
        if (this.#best !== undefined && this.#best !== before) yield this.#best;
        momentum = measured.map(({ uphill }, k) => mixed(momentum[k]!, uphill));
        // The first steps only find the direction.
        group = group.map(({ point }, k) => ({
          point: step < 2 ? point : this.#moved(point, momentum[k]!, 0.2 * rest * this.#reach(point)),
          direction: measured[k]!.next,
          stretch: 0,
        }));
      }
    }
    return tops;
  }

  /** Random steps of all lengths from the best point; a better one becomes the next centre. */
  async *#lookAround(): AsyncGenerator<Climber> {
    for (let k = 0; k < climb; k++) {
      if (this.#work.remainingSeconds() <= 0) return;
      const before = this.#best!;
      const reach = this.#reach(before.point);
      const group = Array.from({ length: Math.max(2, this.#stretch.batch) }, (_, i): Climber => {
        const far = reach * 10 ** (-4 + 4 * this.#random.uniform());
        return { ...before, point: i === 0 ? before.point : this.#moved(before.point, this.#unit(), far) };
      });
      await this.#measureAll(group);
      if (this.#best !== before) yield this.#best!;
    }
  }

  /** Measured, and once more the best of them with its own direction. */
  async #measureAll(group: readonly Climber[]): Promise<void> {
    const { batch } = this.#stretch;
    for (let first = 0; first < group.length; first += batch) {
      const part = group.slice(first, first + batch);
      const measured = await this.#measure(part, []);
      const best = measured.reduce((most, { stretch }, i) => (stretch > measured[most]!.stretch ? i : most), 0);
      await this.#measure([{ ...part[best]!, direction: measured[best]!.next }], []);
    }
  }

  async #measure(group: readonly Climber[], softness: readonly number[]): Promise<readonly Measured[]> {
    await this.#work.breathe();
    const measured = await this.#stretch.measure(
      group.map(({ point }) => point),
      group.map(({ direction }) => direction),
      softness,
    );
    measured.forEach(({ stretch }, k) => {
      if (Number.isFinite(stretch) && stretch > (this.#best?.stretch ?? 0)) this.#best = { ...group[k]!, stretch };
    });
    return measured;
  }

  /** So far along a direction, and inside the region. */
  #moved(point: Float64Array, direction: Float64Array, far: number): Float64Array {
    const length = lengthOf(direction, 'l2') / Math.sqrt(direction.length);
    if (!(length > 0 && Number.isFinite(length))) return point;
    return this.#inside(point.map((value, i) => value + (far * direction[i]!) / length));
  }

  #inside(point: Float64Array): Float64Array {
    return this.#region.kind === 'all' ? point.map(Math.fround) : moveInside(this.#region, point);
  }

  #drawn(scale: number): Float64Array {
    const region = this.#region;
    if (region.kind === 'box')
      return region.lower.map((low, i) => low + (region.upper[i]! - low) * this.#random.uniform());
    const direction = this.#unit();
    if (region.kind === 'all') return this.#inside(direction.map((value) => scale * value));
    const radius = (region.radius * this.#random.uniform()) / lengthOf(direction, region.norm);
    return moveInside(
      region,
      region.center.map((value, i) => value + radius * direction[i]!),
    );
  }

  /** A random direction whose entries are of order 1. */
  #unit(): Float64Array {
    return Float64Array.from({ length: this.#stretch.inputs }, () => this.#random.normal());
  }

  /** Root mean square of the entries. */
  #spread(point: Float64Array): number {
    return lengthOf(point, 'l2') / Math.sqrt(point.length);
  }

  #softness(point: Float64Array, k: number): number {
    if (this.#region.kind === 'all') return softnesses.all[0] * Math.max(1, this.#spread(point));
    return softnesses.region[k % softnesses.region.length]!;
  }

  /** How far it makes sense to go from a point. */
  #reach(point: Float64Array): number {
    const region = this.#region;
    if (region.kind === 'all') return Math.max(1, this.#spread(point));
    if (region.kind === 'ball') return Math.max(region.radius, 1e-12);
    return Math.max(...region.lower.map((low, i) => region.upper[i]! - low), 1e-12);
  }
}

const best = (climbers: readonly Climber[]): Climber[] =>
  climbers
    .filter(({ stretch }) => Number.isFinite(stretch) && stretch > 0)
    .toSorted((one, other) => other.stretch - one.stretch)
    .slice(0, familyCount);

/** The last directions count on, so that a zigzag averages out; only the direction of each gradient counts, not its length. */
function mixed(before: Float64Array, gradient: Float64Array): Float64Array {
  const length = lengthOf(gradient, 'l2');
  if (!(length > 0 && Number.isFinite(length))) return before;
  return before.map((value, i) => 0.5 * value + gradient[i]! / length);
}
