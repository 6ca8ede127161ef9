import type { Work } from '../../compute/work.ts';
import type { MapFinding } from '../../report/map.ts';
import type { CellBlock, CellBox } from './cell-grid.ts';
import { raiseLower, sinkUpper, type CellMethod, type CellQuestion } from './cell-method.ts';

/** A cell whose ends are this close is good enough. */
const gapTarget = 1.05;
/** Parts of one cell: beyond that, splitting gains little for its price. */
const mostParts = 256;

/** Certified bounds of the network on one part of the plane after the other; what does not depend on the part is computed once. */
export interface PartBounds {
  readonly found: MapFinding;
  of(part: CellBox, work: Work): Promise<PartBound>;
  /** A proved lower end at one point, for bounds that come with one. */
  readonly below?: (u: number, v: number) => number;
}

export interface PartBound {
  /** Infinity where there is none. */
  readonly upper: number;
  /** Where in the part the bound is largest, for bounds that tell. */
  readonly at?: readonly [u: number, v: number];
}

/** Part of a cell. */
interface Part extends CellBox, PartBound {}

/**
 * Networks that are not made of straight pieces: bounds on parts of the plane, the worst part split into four again and again. Bounds that hold
 * for steps in any direction hold for the slice as well.
 */
export class SplitCells implements CellMethod {
  readonly side = 5;
  readonly ends = 'with time';
  readonly #question: CellQuestion;
  readonly #bounds: PartBounds;
  readonly #lowers: CellMethod | undefined;

  /** `lowers` fills in the lower ends, which tell when a cell is good enough. */
  constructor(question: CellQuestion, bounds: PartBounds, lowers: CellMethod | undefined) {
    this.#question = question;
    this.#bounds = bounds;
    this.#lowers = lowers;
  }

  /** One bound for every cell. */
  async glance(block: CellBlock, work: Work): Promise<void> {
    for (const k of this.#question.grid.cellsOf(block)) {
      if (work.remainingSeconds() <= 0) return;
      const { upper } = await this.#bounded(this.#whole(k), work);
      sinkUpper(this.#question.cells, k, upper, this.#bounds.found);
    }
  }

  async fill(block: CellBlock, work: Work): Promise<void> {
    const { grid, cells } = this.#question;
    await this.#lowers?.fill(block, work);
    const owners = [...grid.cellsOf(block)];
    for (const [i, k] of owners.entries()) {
      if (work.remainingSeconds() <= 0) return;
      // A cell that closes leaves its time to the next ones.
      const enough = work.remainingSeconds() * (1 - 1 / (owners.length - i));
      const parts: Part[] = [{ ...this.#whole(k), upper: cells.upper[k]! }];
      while (
        parts.length < mostParts &&
        parts[0]!.upper > gapTarget * cells.lower[k]! &&
        work.remainingSeconds() > enough
      ) {
        const worst = parts.shift()!;
        for (const quarter of quartersOf(worst)) insert(parts, await this.#bounded(quarter, work));
        this.#raise(k, parts[0]!);
      }
      sinkUpper(cells, k, parts[0]!.upper, this.#bounds.found);
    }
  }

  /** Where the bound is largest the network may be steepest. */
  #raise(k: number, { at }: Part): void {
    if (at === undefined || this.#bounds.below === undefined) return;
    raiseLower(this.#question.cells, k, this.#bounds.below(...at), 'proved Jacobians', ...at);
  }

  /** The part with a bound that is never worse than that of the part it was cut from. */
  async #bounded(part: Part, work: Work): Promise<Part> {
    await work.breathe();
    const found = await this.#bounds.of(part, work);
    return { ...part, ...found, upper: Math.min(part.upper, found.upper) };
  }

  #whole(k: number): Part {
    return { ...this.#question.grid.box(k), upper: Number.POSITIVE_INFINITY };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The lower ends' method is its owner's.
  }
}

function quartersOf({ left, right, low, high, upper }: Part): readonly Part[] {
  const [u, v] = [(left + right) / 2, (low + high) / 2];
  return [
    { left, right: u, low, high: v, upper },
    { left: u, right, low, high: v, upper },
    { left, right: u, low: v, high, upper },
    { left: u, right, low: v, high, upper },
  ];
}

/** Worst first. */
function insert(parts: Part[], part: Part): void {
  const at = parts.findIndex(({ upper }) => upper < part.upper);
  parts.splice(at < 0 ? parts.length : at, 0, part);
}
