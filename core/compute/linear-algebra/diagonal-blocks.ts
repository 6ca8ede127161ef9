import { memoryOf } from '../wasm/host.ts';
import { type PairKernels, pairKernels } from '../wasm/pair-kernels.ts';
import { packedLength, rowStart } from './packed.ts';

const entry = 4;

/** Factors and inverts the small real blocks on the diagonal of a large matrix, with the vector kernels. */
export class DiagonalBlocks {
  readonly #doubles: Float64Array;
  readonly #kernels: PairKernels;
  readonly #inverse: number;

  constructor(largest: number) {
    const size = largest + (largest % 2);
    this.#inverse = entry * packedLength(size);
    const memory = memoryOf(8 * (this.#inverse + entry * packedLength(size)));
    this.#doubles = new Float64Array(memory.buffer);
    this.#kernels = pairKernels(memory);
  }

  /**
   * The factor L of the first `width` rows of `panel` (row-major, `width` columns) in their place, zero above the diagonal; false when
   * they are not positive definite.
   */
  factor(panel: Float64Array, width: number): boolean {
    const size = width + (width % 2);
    this.#doubles.fill(0, 0, entry * packedLength(size));
    for (let i = 0; i < width; i++)
      for (let j = 0, at = entry * rowStart(i); j <= i; j++, at += entry) {
        // Both lanes hold the same, so that neither of them slows the other down with NaN.
        this.#doubles[at] = panel[i * width + j]!;
        this.#doubles[at + 1] = panel[i * width + j]!;
      }
    for (let i = width; i < size; i++) this.#doubles.fill(1, entry * (rowStart(i) + i), entry * (rowStart(i) + i) + 2);
    this.#kernels.cholesky(0, 0, size);
    for (let i = 0; i < width; i++) {
      const pivot = this.#doubles[entry * (rowStart(i) + i)]!;
      if (!(pivot > 0 && pivot < Number.POSITIVE_INFINITY)) return false;
      this.#copyRow(panel, 0, i, width);
    }
    return true;
  }

  /** L^-1 of the factor found last, row-major, zero above the diagonal. */
  inverse(width: number): Float64Array {
    this.#kernels.invert(0, 8 * this.#inverse, width);
    const inverse = new Float64Array(width * width);
    for (let i = 0; i < width; i++) this.#copyRow(inverse, this.#inverse, i, width);
    return inverse;
  }

  #copyRow(to: Float64Array, from: number, i: number, width: number): void {
    for (let j = 0; j < width; j++) to[i * width + j] = j <= i ? this.#doubles[from + entry * (rowStart(i) + j)]! : 0;
  }
}
