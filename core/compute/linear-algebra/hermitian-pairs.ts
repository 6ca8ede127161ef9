import { memoryOf, type WasmMemory } from '../wasm/host.ts';
import { type PairKernels, pairKernels } from '../wasm/pair-kernels.ts';
import { above, gamma, tiny } from '../../rounding.ts';
import type { Pace } from './pace.ts';
import { packedLength, rowStart } from './packed.ts';

/** One number for each of the two matrices. */
export type Two = readonly [number, number];

/** Of both matrices, the numbers by which the terms are multiplied. */
type Factors = readonly [Float64Array, Float64Array];

const lanes = [0, 1] as const;

/** Doubles of an entry: both real parts, both imaginary parts. */
const entry = 4;

/** Rows of a factor that are computed together: they stay in a core's cache. */
const rowsAtOnce = 16;

/**
 * Two Hermitian matrices G = sum_t c_t E_t - i sum_t s_t O_t at a time, from tables of packed lower triangles that are the same for all
 * of them, in memory that vector kernels work on. The tables fill most of it, so there is one of these per family.
 */
export class HermitianPairs {
  readonly size: number;
  readonly evenTerms: number;
  readonly oddTerms: number;
  readonly #count: number;
  /** The next even size: a row and column of the identity is added to odd ones, and changes nothing. */
  readonly #padded: number;
  readonly #doubles: Float64Array;
  readonly #kernels: PairKernels;
  /** Of the matrices that stand there, unless something was computed in their place. */
  #written: Factors | undefined;
  readonly #factors: number;
  readonly #matrix: number;
  readonly #x: number;
  readonly #y: number;
  readonly #previous: number;
  readonly #scalars: number;

  /** `memoryFor` may give memory with anything in it. */
  constructor(size: number, evenTerms: number, oddTerms: number, memoryFor: (bytes: number) => WasmMemory = memoryOf) {
    this.size = size;
    this.evenTerms = evenTerms;
    this.oddTerms = oddTerms;
    this.#count = 4 * Math.ceil(packedLength(size) / 4);
    this.#padded = size + (size % 2);
    // Places in doubles, each a multiple of four.
    this.#factors = (evenTerms + oddTerms) * this.#count;
    this.#matrix = this.#factors + 4 * Math.ceil((evenTerms + oddTerms) / 2);
    this.#x = this.#matrix + entry * (packedLength(this.#padded) + 4);
    this.#y = this.#x + entry * this.#padded;
    this.#previous = this.#y + entry * this.#padded;
    this.#scalars = this.#previous + entry * this.#padded;
    const memory = memoryFor(8 * (this.#scalars + 8));
    this.#doubles = new Float64Array(memory.buffer, 0, this.#scalars + 8);
    this.#kernels = pairKernels(memory);
    for (let term = 1; term <= evenTerms + oddTerms; term++)
      this.#doubles.fill(0, (term - 1) * this.#count + packedLength(size), term * this.#count);
  }

  /** The packed triangle of a term, even ones first, to be filled once. */
  table(term: number): Float64Array {
    return this.#doubles.subarray(term * this.#count, term * this.#count + packedLength(this.size));
  }

  /** Rows of packed triangles, filled up with zeros: the even terms', or the odd ones'. */
  tables(of: 'even' | 'odd'): { readonly rows: number; readonly columns: number; readonly entries: Float64Array } {
    const [first, rows] = of === 'even' ? [0, this.evenTerms] : [this.evenTerms, this.oddTerms];
    const entries = this.#doubles.subarray(first * this.#count, (first + rows) * this.#count);
    return { rows, columns: this.#count, entries };
  }

  /** G of both lanes from their factors, which are those of the even terms and then those of the odd ones. */
  write(factors: Factors): void {
    this.#combine(factors, 1);
    this.#written = factors;
  }

  /** -G, by a change of signs where G stands there already. */
  #writeNegative(factors: Factors): void {
    const written = this.#written;
    this.#written = undefined;
    if (written !== undefined && lanes.every((lane) => written[lane].every((own, term) => own === factors[lane][term])))
      this.#kernels.negate(8 * this.#matrix, (entry / 2) * packedLength(this.size));
    else this.#combine(factors, -1);
  }

  #combine(factors: Factors, sign: 1 | -1): void {
    const terms = this.evenTerms + this.oddTerms;
    for (let term = 0; term < terms; term++)
      for (const lane of lanes)
        this.#doubles[this.#factors + 2 * term + lane] = (term < this.evenTerms ? sign : -sign) * factors[lane][term]!;
    const bytes = 8 * this.#matrix;
    const oddAt = this.evenTerms * this.#count;
    this.#kernels.combine(bytes, 0, 8 * this.#factors, this.evenTerms, this.#count);
    this.#kernels.combine(bytes + 16, 8 * oddAt, 8 * (this.#factors + 2 * this.evenTerms), this.oddTerms, this.#count);
  }

  /** The two vectors that `multiply` reads and writes: entry i of lane l stands at 4 i + l, its imaginary part two further. */
  get x(): Float64Array {
    return this.#doubles.subarray(this.#x, this.#x + entry * this.size);
  }

  get y(): Float64Array {
    return this.#doubles.subarray(this.#y, this.#y + entry * this.size);
  }

  /** Before the first step: nothing comes before it, whatever was computed with here. */
  forget(): void {
    this.#doubles.fill(0, this.#y, this.#scalars + 8);
  }

  /** y = G x in both lanes. */
  multiply(): void {
    this.#kernels.multiply(8 * this.#matrix, 8 * this.#x, 8 * this.#y, this.size);
  }

  /**
   * One Lanczos step of both lanes: y = G x without its parts along x and along beta times the vector before. Answers the coefficients
   * along x and the lengths of what is left; `advance` makes that, scaled, the next x.
   */
  lanczosStep(beta: Two): { readonly alpha: Two; readonly length: Two } {
    this.multiply();
    for (const lane of lanes) this.#doubles[this.#scalars + lane] = beta[lane];
    this.#kernels.lanczos(8 * this.#x, 8 * this.#y, 8 * this.#previous, this.size, 8 * this.#scalars);
    const [alphaA, alphaB, squaresA, squaresB] = this.#doubles.subarray(this.#scalars + 2, this.#scalars + 6);
    return { alpha: [alphaA!, alphaB!], length: [Math.sqrt(squaresA!), Math.sqrt(squaresB!)] };
  }

  advance(factor: Two): void {
    for (const lane of lanes) this.#doubles[this.#scalars + lane] = factor[lane];
    this.#kernels.advance(8 * this.#x, 8 * this.#y, 8 * this.#previous, this.size, 8 * this.#scalars);
  }

  /**
   * Upper ends for the largest eigenvalues of the two computed matrices: shift plus the errors of the factorisation of shift I - G and
   * of its rounded diagonal; undefined where that factorisation fails.
   */
  async proveBelow(
    factors: Factors,
    shifts: Two,
    pace: Pace,
  ): Promise<readonly [number | undefined, number | undefined]> {
    this.#writeNegative(factors);
    const largest = lanes.map((lane) => this.#shift(lane, shifts[lane]));
    this.#pad();
    for (let first = 0; first < this.#padded; first += rowsAtOnce) {
      const last = Math.min(this.#padded, first + rowsAtOnce);
      this.#kernels.cholesky(8 * this.#matrix, first, last);
      // A tenth of the time of a plain loop.
      if (pace.due(((last - first) * last * last) / 2)) await pace.rest();
    }
    const proved = (lane: 0 | 1): number | undefined =>
      this.#succeeded(lane)
        ? above(shifts[lane] + above(hermitianCholeskyError(this.size, largest[lane]!) + 2 ** -52 * largest[lane]!))
        : undefined;
    return [proved(0), proved(1)];
  }

  #shift(lane: 0 | 1, shift: number): number {
    let largest = 0;
    for (let i = 0; i < this.size; i++) {
      const at = this.#matrix + entry * (rowStart(i) + i) + lane;
      const diagonal = this.#doubles[at]! + shift;
      this.#doubles[at] = diagonal;
      this.#doubles[at + 2] = 0;
      largest = Math.max(largest, Math.abs(diagonal));
    }
    return largest;
  }

  #pad(): void {
    if (this.#padded === this.size) return;
    const row = this.#matrix + entry * rowStart(this.size);
    this.#doubles.fill(0, row, row + entry * this.#padded);
    for (const lane of lanes) this.#doubles[row + entry * this.size + lane] = 1;
  }

  /** Written so that NaN fails as well. */
  #succeeded(lane: 0 | 1): boolean {
    for (let i = 0; i < this.size; i++) {
      const pivot = this.#doubles[this.#matrix + entry * (rowStart(i) + i) + lane]!;
      if (!(pivot > 0 && pivot < Number.POSITIVE_INFINITY)) return false;
    }
    return true;
  }
}

/**
 * If the factorisation of a complex Hermitian matrix succeeds, the exact matrix has no eigenvalue below minus this: as for `choleskyError`, where the real
 * and the imaginary part of an entry are inner products of at most 2n real terms whose absolute values sum to at most
 * sum_k |l_ik| |l_jk| each (Cauchy-Schwarz in the plane), so |d_ij| <= sqrt(2) g/(1-g) sqrt(a_ii a_jj) with g = gamma_(2n+2).
 */
function hermitianCholeskyError(n: number, largestDiagonal: number): number {
  const g = gamma(2 * n + 2);
  const relative = above((1.5 * g) / (1 - g));
  return above(above(relative * above(n * largestDiagonal)) + 16 * n * (n + 1 + largestDiagonal) * tiny);
}
