import { above, gamma, tiny } from '../../rounding.ts';
import { DiagonalBlocks } from './diagonal-blocks.ts';
import { dot } from './euclidean.ts';
import type { ScratchRoom } from '../scratch.ts';
import type { Pace } from './pace.ts';

/** A large symmetric matrix, block column by block column. */
export interface BlockColumns {
  readonly size: number;
  /** Columns of every block column but perhaps the last. */
  readonly width: number;
  /** Rows below the diagonal of the given block column reach up to here: `size`, or a multiple of `width` in a band. Never falls. */
  end(block: number): number;
  /** Rows from the diagonal block to the end, row-major, zero above the diagonal, in an array of its own that `doubles` may give. */
  column(block: number, doubles: (length: number) => Float64Array): Float64Array;
}

/**
 * A number below which no eigenvalue of the matrix lies, or undefined when its Cholesky factorisation fails. Block columns from the
 * left: updates and the rows below the diagonal are products by ONNX Runtime, the latter with the inverse of the diagonal block.
 *
 * Whatever L was computed, L L' is positive semidefinite, so the answer is minus a bound on |A - L L'|, from the L at hand. An entry
 * of block C_k = A_k - sum L_j L_kj' is off by at most gamma (|a_ij| + r_i r_j), r_i the length of row i of L, in norm
 * gamma (|A|_F + |L|_F^2), and the factor of a diagonal block is within gamma |L|_F^2 as well (Higham, Accuracy and Stability, Thm 10.3).
 * Below the diagonal L_k = C_k X' + d, |d| <= gamma |C_k| |X|, where X, the computed inverse of L_kk, has |L_kk X - I| <= gamma |L_kk| |X|
 * (Higham, 14.2): C_k - L_k L_kk' is off by at most gamma |C_k|_F |X|_F |L_kk|_F, on both sides of the diagonal.
 */
export async function smallestEigenvalueBelow(matrix: BlockColumns, pace: Pace): Promise<number | undefined> {
  const rooms: ScratchRoom[] = [];
  try {
    return await smallestByColumns(matrix, rooms, pace);
  } finally {
    for (const room of rooms) room[Symbol.dispose]();
  }
}

async function smallestByColumns(matrix: BlockColumns, rooms: ScratchRoom[], pace: Pace): Promise<number | undefined> {
  const { size, width } = matrix;
  const blocks = Math.ceil(size / width);
  const diagonal = new DiagonalBlocks(Math.min(width, size));
  const factors: Float64Array[] = [];
  let squaresOfMatrix = 0;
  let squaresOfFactor = 0;
  let solving = 0;
  let largestInverse = 1;
  for (let block = 0; block < blocks; block++) {
    const first = block * width;
    const own = Math.min(width, size - first);
    const room = pace.room();
    rooms.push(room);
    const column = matrix.column(block, (length) => room.doubles(length));
    squaresOfMatrix += 2 * dot(column, column);
    for (let before = 0; before < block; before++) {
      const rows = matrix.end(before) - first;
      // Of a band, what no later column reaches is given back.
      if (rows <= 0) rooms[before]![Symbol.dispose]();
      if (rows <= 0) continue;
      const left = factors[before]!.subarray((first - before * width) * width);
      await pace.products.subtractTransposed(
        column.subarray(0, rows * own),
        { rows, columns: width, entries: left },
        { rows: own, columns: width, entries: left.subarray(0, own * width) },
      );
      if (pace.due((rows * own * width) / 16)) await pace.rest();
    }
    if (!diagonal.factor(column, own)) return undefined;
    const rows = column.length / own - own;
    if (rows > 0) {
      const below = column.subarray(own * own);
      const inverse = diagonal.inverse(own);
      const lengths = lengthOf(below) * lengthOf(inverse) * lengthOf(column.subarray(0, own * own));
      solving += lengths;
      largestInverse = Math.max(largestInverse, lengthOf(inverse));
      using meanwhile = pace.room();
      const solved = await pace.products.timesTransposed(
        { rows, columns: own, entries: below },
        { rows: own, columns: own, entries: inverse },
        meanwhile.doubles(rows * own),
      );
      below.set(solved);
      if (pace.due((rows * own * own) / 16)) await pace.rest();
    }
    squaresOfFactor += dot(column, column);
    factors.push(column);
  }
  // NaN, which a pivot of an infinite block may hide, fails here.
  if (!(squaresOfFactor < Number.POSITIVE_INFINITY && solving < Number.POSITIVE_INFINITY)) return undefined;
  // The sums of squares themselves are off by less than a thousandth.
  const sums = above(gamma(size + 4 * width + blocks + 64) * 1.001 * (Math.sqrt(squaresOfMatrix) + squaresOfFactor));
  const solves = above(2.002 * gamma(8 * width + 64) * solving);
  const underflow = 8 * size ** 3 * (1 + largestInverse) * (1 + Math.sqrt(squaresOfFactor)) ** 2 * tiny;
  return -above(above(sums + solves) + underflow);
}

const lengthOf = (entries: Float64Array): number => Math.sqrt(dot(entries, entries));
