import type { Bound } from '../../bound.ts';
import { DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import { isTrusted } from '../absolute-values/value.ts';
import { formOfOutput, type CentreForm } from '../centre-form/form.ts';
import { formOf } from '../centre-form/question.ts';
import { type BoundMethod, type BoundQuestion, hasFiniteRules, type SharedWork } from '../conductor/method.ts';
import { enlargements, proofReserve } from '../conductor/prospect.ts';
import { narrowed } from '../jacobian-relaxation/adjoint.ts';
import { rangeOfRow, type RowRange } from '../jacobian-relaxation/adjoint-ranges.ts';
import { canNarrow, canRelax, rowNorm } from '../jacobian-relaxation/value.ts';
import { smallerRows, type RowIterate } from './central-path.ts';
import { encodedRow } from './certificate.ts';
import { provedRow } from './proof.ts';

const name = 'row-multipliers';

/** Rows of the matrix: a step takes its cube. */
const mostArguments = 1000;
/** Numbers of a row's form: it is copied at every step. */
const mostNumbers = 2e6;
/** A bound that is better by less is not worth another proof. */
const worthProving = 0.995;
/** Searching takes at least so many times as long as the proofs between. */
const proofShare = 3;

/**
 * The l-infinity constant on a region, row by row of the Jacobian: the relaxation, then multipliers for the units that bend and weights for the inputs, always for the row that is the largest. Where hundreds of
 * signs of the Jacobian are unknown, sums of squares know what chords do not: that the entries are not all as large as they can be at once.
 */
export const rowMultipliers: BoundMethod = {
  name,
  activity: 'Multipliers for the units and the inputs, row by row',
  pace: 'patient',
  applies: ({ region, norm, ...question }) => norm === 'linf' && region.kind !== 'all' && hasFiniteRules(question),
  run: bounds,
};

async function* bounds(question: BoundQuestion, work: SharedWork): AsyncGenerator<Bound> {
  try {
    const form = await formOf(question, work);
    if (form === undefined || form.arguments > mostArguments || !canRelax(form)) return;
    if ((form.arguments + 1) * (form.inputs + form.deviations) > mostNumbers) return;
    const rows: Row[] = [];
    // What is found is worth nothing before it is proved: the search ends while there is time for that.
    const search: SharedWork = {
      engine: work.engine,
      breathe: () => work.breathe(),
      remainingSeconds: () => work.remainingSeconds() - rows.reduce((most, { reserve }) => Math.max(most, reserve), 0),
    };
    await using products = await DenseProducts.open(work.engine, new Pace(search));
    for (let output = 0; output < form.outputs; output++) {
      await work.breathe();
      if (work.remainingSeconds() <= 0) return;
      rows.push(new Row(form, output, products, work));
    }
    const largest = (): Row => rows.reduce((most, row) => (row.upper > most.upper ? row : most));
    let said = Number.POSITIVE_INFINITY;
    for (let row = largest(); await row.step(); row = largest()) {
      const value = largest().upper;
      // Before any row has multipliers this is the relaxation of the Jacobian, which has a method of its own.
      if (!(value < said) || !isTrusted(value) || rows.every(({ proof }) => proof === null)) continue;
      said = value;
      yield { side: 'upper', rigor: 'certified', value, method: name, certificate: { kind: name, rows: rows.map(({ proof }) => proof) } }; // prettier-ignore
    }
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
  }
}

/** One row of the Jacobian, with the least bound that is proved. */
class Row {
  upper: number;
  proof: string | null = null;
  readonly #form: CentreForm;
  /** Of this row alone. */
  #own: CentreForm | undefined;
  readonly #products: DenseProducts;
  readonly #work: SharedWork;
  readonly #relaxed: RowRange;
  #isNarrow = false;
  #search: AsyncGenerator<RowIterate> | undefined;
  #pending: RowIterate | undefined;
  #proofSeconds = 0;
  #provedAt = Number.NEGATIVE_INFINITY;

  constructor(form: CentreForm, output: number, products: DenseProducts, work: SharedWork) {
    this.#form = form;
    this.#products = products;
    this.#work = work;
    this.#relaxed = rangeOfRow(form, output);
    this.upper = rowNorm(form, this.#relaxed).value;
  }

  /** Seconds that the proof of what is found takes. */
  get reserve(): number {
    return this.#pending === undefined ? 0 : proofReserve * this.#proofSeconds;
  }

  /** A little more effort for this row; false when nothing more comes of it. */
  async step(): Promise<boolean> {
    await this.#work.breathe();
    if (!this.#isNarrow && canNarrow(this.#form)) {
      if (this.#work.remainingSeconds() <= 0) return false;
      const range = await narrowed(this.#form, this.#relaxed, this.#work);
      this.upper = Math.min(this.upper, rowNorm(this.#form, range).value);
      this.#isNarrow = true;
      return true;
    }
    const { low, high } = this.#relaxed;
    this.#own ??= formOfOutput(this.#form, this.#relaxed.output);
    this.#search ??= smallerRows(this.#own, low.map((from, i) => Math.max(-from, high[i]!)), this.#products); // prettier-ignore
    const next = this.#work.remainingSeconds() > this.reserve ? await this.#found(this.#search) : undefined;
    if (next === undefined) {
      const before = this.upper;
      await this.#prove();
      return this.upper < before && this.#work.remainingSeconds() > 0;
    }
    const needed = worthProving * Math.min(this.upper, this.#work.turns?.standing().upper ?? this.upper);
    if (!(next.value < Math.min(needed, this.#pending?.value ?? Number.POSITIVE_INFINITY))) return true;
    this.#pending = next;
    this.#work.turns?.expect('upper', next.value, this.#proofSeconds);
    if (this.#seconds() - this.#provedAt >= proofShare * this.#proofSeconds) await this.#prove();
    return true;
  }

  async #found(search: AsyncGenerator<RowIterate>): Promise<RowIterate | undefined> {
    try {
      const result = await search.next();
      return result.done === true ? undefined : result.value;
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      return undefined;
    }
  }

  async #prove(): Promise<void> {
    const [found, own] = [this.#pending, this.#own];
    if (found === undefined || own === undefined) return;
    this.#pending = undefined;
    const begin = this.#seconds();
    for (const enlargement of enlargements) {
      const proof = { ...found, square: found.square * (1 + enlargement) };
      const value = await provedRow(own, proof, new Pace(this.#work, 'unlimited'));
      if (value === undefined) continue;
      if (value < this.upper) {
        this.upper = value;
        this.proof = encodedRow(proof);
      }
      break;
    }
    this.#provedAt = this.#seconds();
    this.#proofSeconds = this.#provedAt - begin;
  }

  #seconds = (): number => this.#work.turns?.seconds() ?? performance.now() / 1000;
}
