import type { Work } from '../compute/work.ts';
import type { CellBlock, CellGrid } from '../estimators/maps/cell-grid.ts';
import { sinkUpper, type CellMethod, type CellQuestion } from '../estimators/maps/cell-method.ts';
import { above, below } from '../rounding.ts';
import type { Box, BoxBounds } from './box-bounds.ts';

/** A cell whose ends are this close is good enough. */
const gapTarget = 1.05;
/** Parts of one cell: beyond that, splitting gains little for its price. */
const mostParts = 256;

/** Part of a cell, in coordinates of the plane. */
interface Part {
  readonly left: number;
  readonly right: number;
  readonly low: number;
  readonly high: number;
  readonly upper: number;
}

/**
 * Networks that are not made of straight pieces: bounds on the box around each cell, the worst part split into four again and again. Bounds on a
 * box hold for steps in any direction, so for the slice as well.
 */
export class BoxCells implements CellMethod {
  readonly side = 5;
  readonly ends = 'with time';
  readonly #question: CellQuestion;
  readonly #bounds: BoxBounds;
  readonly #lowers: CellMethod | undefined;

  /** `lowers` fills in the lower ends, which tell when a cell is good enough. */
  constructor(question: CellQuestion, bounds: BoxBounds, lowers: CellMethod | undefined) {
    this.#question = question;
    this.#bounds = bounds;
    this.#lowers = lowers;
  }

  /** One bound for every cell. */
  async glance(block: CellBlock, work: Work): Promise<void> {
    for (const k of this.#question.grid.cellsOf(block)) {
      if (work.remainingSeconds() <= 0) return;
      const { upper } = await this.#bounded(this.#whole(k), work);
      sinkUpper(this.#question.cells, k, upper, 'bounds on boxes');
    }
  }

  async fill(block: CellBlock, work: Work): Promise<void> {
    const { grid, cells } = this.#question;
    await this.#lowers?.fill(block, work);
    const owners = [...grid.cellsOf(block)];
    for (const k of owners) {
      if (work.remainingSeconds() <= 0) return;
      const parts = [{ ...this.#whole(k), upper: cells.upper[k]! }];
      while (parts.length < mostParts && parts[0]!.upper > gapTarget * cells.lower[k]! && work.remainingSeconds() > 0) {
        const worst = parts.shift()!;
        for (const quarter of quartersOf(worst)) insert(parts, await this.#bounded(quarter, work));
      }
      sinkUpper(cells, k, parts[0]!.upper, 'bounds on boxes');
    }
  }

  /** The part with a bound that is never worse than that of the part it was cut from. */
  async #bounded(part: Part, work: Work): Promise<Part> {
    await work.breathe();
    const found = await this.#bounds.of(boxAround(this.#question.grid, part), work);
    return { ...part, upper: Math.min(part.upper, found) };
  }

  #whole(k: number): Part {
    const { grid } = this.#question;
    const [row, column] = [Math.floor(k / grid.columns), k % grid.columns];
    return {
      left: grid.across(column),
      right: grid.across(column + 1),
      low: grid.along(row),
      high: grid.along(row + 1),
      upper: Number.POSITIVE_INFINITY,
    };
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

/**
 * The box in input space around a part of the plane, and a hair's breadth more in every coordinate: a kink that lies in the plane itself
 * counts for the full input.
 */
function boxAround({ plane: { origin, first, second } }: CellGrid, { left, right, low, high }: Part): Box {
  const [lower, upper] = [new Float64Array(origin.length), new Float64Array(origin.length)];
  for (let i = 0; i < origin.length; i++) {
    const [p, q] = [first[i]!, second[i]!];
    const across = [left * p, right * p] as const;
    const along = [low * q, high * q] as const;
    const hair = 2 ** -40 * (Math.abs(origin[i]!) + Math.abs(across[0]) + Math.abs(across[1]) + Math.abs(along[0]) + Math.abs(along[1])) + 2 ** -60; // prettier-ignore
    lower[i] = below(origin[i]! + Math.min(...across) + Math.min(...along) - hair);
    upper[i] = above(origin[i]! + Math.max(...across) + Math.max(...along) + hair);
  }
  return { lower, upper };
}
