import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { Agreement } from './agreement.ts';
import { balanced, boundAroundMiddles, boundWithGiven } from './bounds.ts';
import type { PathPolynomial } from './path-polynomial.ts';

/** A sweep that takes long is worth a look at the bound, which takes about as long. */
const lookAfterMilliseconds = 1000;

/** One row of the Jacobian, whose bound gets better with every stage. */
export class RowSearch {
  readonly row: number;
  readonly #polynomialOf: () => PathPolynomial;
  #agreement: { readonly polynomial: PathPolynomial; readonly search: Agreement } | undefined;
  #bound: number;
  #given: Float32Array | undefined;

  constructor(row: number, polynomialOf: () => PathPolynomial) {
    this.row = row;
    this.#polynomialOf = polynomialOf;
    this.#bound = boundAroundMiddles(polynomialOf());
  }

  /** No absolute sum of this row is larger, whatever the slopes are. */
  get bound(): number {
    return this.#bound;
  }

  /** What that follows from; undefined where it is the expansion around the middles. */
  get given(): Float32Array | undefined {
    return this.#given;
  }

  get hasBegun(): boolean {
    return this.#agreement !== undefined;
  }

  get isDone(): boolean {
    return this.#agreement?.search.isDone ?? false;
  }

  /** One more stage. */
  async improve(pace: Pace): Promise<void> {
    const polynomial = this.#agreement?.polynomial ?? this.#polynomialOf();
    this.#agreement ??= { polynomial, search: new Agreement(polynomial) };
    const { search } = this.#agreement;
    let looked = performance.now();
    const stage = search.stage(pace);
    while ((await stage.next()).done !== true) {
      if (performance.now() < looked + lookAfterMilliseconds) continue;
      await this.#look(polynomial, search, pace);
      looked = performance.now();
    }
    await this.#look(polynomial, search, pace);
  }

  async #look(polynomial: PathPolynomial, search: Agreement, pace: Pace): Promise<void> {
    const given = await search.given(pace);
    const bound = boundWithGiven(polynomial, balanced(polynomial.sizes, given));
    if (!(bound < this.#bound)) return;
    this.#bound = bound;
    this.#given = given;
  }
}
