import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { CellHeap } from '../exact/cell-heap.ts';
import type { Chain } from '../slope-recursion/chain.ts';
import { climbed, randomCorners } from './corner-ascent.ts';
import { CornerBounds, type Decisions, nothing } from './corner-bound.ts';
import { backwards, costOf, rowPolynomial, type RowPolynomial, variablesOf } from './row-polynomial.ts';

/** Ends are as good as equal. */
const closed = 1e-9;
/** Corners to climb from, of each row, and multiplications for all of them: a tenth of a second. */
const starts = { most: 40, products: 1e8 };
/** What memory allows: open parts, and variables of all of them. */
const most = { open: 400_000, variables: 1e8 };

/** Sweeps of a climb, about. */
const climbing = 6;

/** From the input to the output as the network is evaluated, or the other way round. */
export type Reading = 'forwards' | 'backwards';

interface Part {
  readonly row: number;
  readonly decisions: Decisions;
  readonly upper: number;
  readonly next: number;
}

interface Row {
  readonly polynomial: RowPolynomial;
  readonly bounds: CornerBounds;
}

/**
 * Branch and bound over the corners of all rows at once, the part with the largest bound first. `upper` holds at any moment: every corner is in an open part, or in one that was left at a bound that
 * `pruned` knows.
 */
export class RowCornerSearch {
  readonly #chain: Chain;
  readonly #reading: Reading;
  /** Parts below this need no further look. */
  readonly #target: number;
  readonly #variables: number;
  readonly #rows: Row[] = [];
  readonly #open = new CellHeap<Part>();
  /** Of a part that is being looked at: whatever interrupts that, `upper` holds. */
  #unseen = Number.POSITIVE_INFINITY;
  #pruned = 0;
  #found = 0;

  /** `target`: what is to be proved, where that is known; 0 where the largest corner itself is looked for. */
  constructor(chain: Chain, reading: Reading, target = 0) {
    this.#chain = chain;
    this.#reading = reading;
    this.#target = target;
    this.#variables = chain.layers.reduce((sum, { columns }) => sum + columns, 0);
  }

  async begin(pace: Pace): Promise<void> {
    const cost = costOf(this.#chain);
    const { rows } = this.#chain.layers.at(-1)!;
    const count = Math.max(1, Math.min(starts.most, Math.floor(starts.products / (rows * climbing * cost))));
    for (let row = 0; row < rows; row++) {
      const polynomial = this.#polynomialOf(row);
      this.#rows.push({ polynomial, bounds: new CornerBounds(polynomial) });
      for (const corner of randomCorners(polynomial, count)) {
        this.#found = Math.max(this.#found, climbed(polynomial, corner));
        if (pace.due(climbing * cost)) await pace.rest();
      }
      this.#look(row, new Int8Array(variablesOf(polynomial)), Number.POSITIVE_INFINITY);
      if (pace.due(cost)) await pace.rest();
    }
    this.#unseen = 0;
  }

  /** The largest corner found, about: an estimate. */
  get found(): number {
    return this.#found;
  }

  /** No corner of any row is larger. */
  get upper(): number {
    return Math.max(this.#unseen, this.#pruned, this.#open.top);
  }

  get isDone(): boolean {
    return this.#open.size === 0 || this.isFull || this.upper <= this.#enough;
  }

  /** More parts are open than memory allows. */
  get isFull(): boolean {
    const { size } = this.#open;
    return size > most.open || size * this.#variables > most.variables;
  }

  /** Cuts the part with the largest bound in two. */
  async cut(pace: Pace): Promise<void> {
    const part = this.#open.pop();
    if (part === undefined) return;
    this.#unseen = part.upper;
    for (const end of [-1, 1]) {
      const decisions = part.decisions.slice();
      decisions[part.next] = end;
      this.#look(part.row, decisions, part.upper);
    }
    this.#unseen = 0;
    if (pace.due(2 * costOf(this.#chain))) await pace.rest();
  }

  get #enough(): number {
    return Math.max(this.#target, this.#found * (1 + closed));
  }

  #polynomialOf(row: number): RowPolynomial {
    const polynomial = rowPolynomial(this.#chain, row);
    return this.#reading === 'forwards' ? polynomial : backwards(polynomial);
  }

  #look(row: number, decisions: Decisions, ceiling: number): void {
    const { bounds } = this.#rows[row]!;
    const { upper: own, next } = bounds.of(decisions);
    const upper = Math.min(own, ceiling);
    if (next === nothing || upper <= this.#enough) this.#pruned = Math.max(this.#pruned, upper);
    else this.#open.push({ row, decisions, upper, next });
  }
}
