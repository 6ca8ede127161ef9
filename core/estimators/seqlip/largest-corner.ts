import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import { addMultiple, dot, seededVector } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { CellHeap } from '../exact/cell-heap.ts';
import type { CornerProblem } from './corner-problem.ts';
import { type Averages, type Decisions, doubt, relaxed } from './corner-relaxation.ts';

/** Ends are as good as equal. */
const closed = 1e-9;
/** Steps of the relaxation, for the whole cube of slopes and for each half of a part that is cut. */
const steps = { root: 60, child: 6 };
/** Open parts that memory and patience allow. */
const mostOpen = 200_000;

interface Part {
  readonly decisions: Decisions;
  readonly averages: Averages;
  readonly upper: number;
}

/**
 * Branch and bound over the corners of the cube of slopes, the part with the largest bound first. `upper` is proved at any moment: every corner is in an open part, or in one that
 * was left at a bound that `pruned` knows.
 */
export class CornerSearch {
  readonly #problem: CornerProblem;
  /** Parts below this need no further look. */
  readonly #target: number;
  readonly #open = new CellHeap<Part>();
  /** Of the part that is being looked at: whatever interrupts that, `upper` holds. */
  #unseen = Number.POSITIVE_INFINITY;
  #pruned = 0;
  #found = 0;

  /** `target`: what is to be proved, where that is known; 0 where the largest corner itself is looked for. */
  constructor(problem: CornerProblem, target = 0) {
    this.#problem = problem;
    this.#target = target;
  }

  /** The greedy search of the paper, from all slopes at their upper end. Proves nothing. */
  async climb(pace: Pace): Promise<void> {
    await this.#climbFrom(new Int8Array(this.#problem.neurons).fill(1), pace);
  }

  /** The bound of all corners at once. */
  async begin(pace: Pace): Promise<void> {
    const decisions = new Int8Array(this.#problem.neurons);
    // An activation whose slopes are all one is linear.
    if (this.#problem.slopes.low === this.#problem.slopes.high) decisions.fill(1);
    await this.#look(decisions, undefined, Number.POSITIVE_INFINITY, pace);
    this.#unseen = 0;
  }

  /** The largest corner found, about: an estimate. */
  get found(): number {
    return this.#found;
  }

  /** No corner is larger. */
  get upper(): number {
    return Math.max(this.#unseen, this.#pruned, this.#open.top);
  }

  get isDone(): boolean {
    return this.#open.size === 0 || this.#open.size > mostOpen || this.upper <= this.#enough;
  }

  /** Cuts the part with the largest bound in two. */
  async cut(pace: Pace): Promise<void> {
    const part = this.#open.pop();
    if (part === undefined) return;
    this.#unseen = part.upper;
    const at = mostDoubtful(part);
    for (const end of [-1, 1]) {
      const decisions = part.decisions.slice();
      decisions[at] = end;
      await this.#look(decisions, part.averages, part.upper, pace);
    }
    this.#unseen = 0;
  }

  get #enough(): number {
    return Math.max(this.#target, this.#found * (1 + closed));
  }

  async #look(decisions: Decisions, before: Averages | undefined, ceiling: number, pace: Pace): Promise<void> {
    const isRoot = before === undefined;
    const options = { steps: isRoot ? steps.root : steps.child, before, enough: this.#enough };
    const { upper: own, averages, rounded } = await relaxed(this.#problem, decisions, options, pace);
    const upper = Math.min(own, ceiling);
    const corner = decisions.every((one) => one !== 0) ? decisions : rounded.at(-1);
    if (corner !== undefined) await this.#climbFrom(corner, pace);
    if (upper <= this.#enough || decisions.every((one) => one !== 0)) this.#pruned = Math.max(this.#pruned, upper);
    else this.#open.push({ decisions, averages, upper });
  }

  /** From corner to corner along the leading singular vectors, as long as that helps. */
  async #climbFrom(from: Decisions, pace: Pace): Promise<void> {
    const { neurons, slopes, arriving, leaving } = this.#problem;
    let corner = from;
    let last = 0;
    for (let round = 0; round < 30; round++) {
      const { value, u, v } = await this.#norm(corner, pace);
      this.#found = Math.max(this.#found, value);
      if (!(value > last * (1 + 1e-12))) return;
      last = value;
      const next = Int8Array.from({ length: neurons }, (_, k) =>
        dot(leaving[k]!, u) * dot(arriving[k]!, v) < 0 ? -1 : 1,
      );
      if (slopes.low === slopes.high || next.every((own, k) => own === corner[k])) return;
      corner = next;
    }
  }

  /** |B diag(d) A| at a corner, with its singular vectors, about. */
  async #norm(corner: Decisions, pace: Pace): Promise<{ value: number; u: Float64Array; v: Float64Array }> {
    const { neurons, slopes, arriving, leaving } = this.#problem;
    const [p, q] = [leaving[0]?.length ?? 0, arriving[0]?.length ?? 0];
    const applied = (v: Float64Array): Float64Array => {
      const u = new Float64Array(p);
      for (let k = 0; k < neurons; k++)
        addMultiple(u, (corner[k]! < 0 ? slopes.low : slopes.high) * dot(arriving[k]!, v), leaving[k]!);
      return u;
    };
    const turned = (u: Float64Array): Float64Array => {
      const v = new Float64Array(q);
      for (let k = 0; k < neurons; k++)
        addMultiple(v, (corner[k]! < 0 ? slopes.low : slopes.high) * dot(leaving[k]!, u), arriving[k]!);
      return v;
    };
    const cost = 2 * neurons * (p + q);
    const { value, vector } =
      p <= q
        ? await largestEigenpair(
            (u) => applied(turned(u)),
            seededVector(p, 3),
            { steps: 200, tolerance: 1e-13, cost },
            pace,
          )
        : await largestEigenpair(
            (v) => turned(applied(v)),
            seededVector(q, 3),
            { steps: 200, tolerance: 1e-13, cost },
            pace,
          );
    return {
      value: Math.sqrt(Math.max(0, value)),
      u: p <= q ? vector : applied(vector),
      v: p <= q ? turned(vector) : vector,
    };
  }
}

function mostDoubtful({ decisions, averages }: Part): number {
  let most = -1;
  let at = 0;
  decisions.forEach((own, k) => {
    const value = own === 0 ? doubt(averages, k) : -1;
    if (value <= most) return;
    most = value;
    at = k;
  });
  return at;
}
