import { HermitianPairs } from '../../compute/linear-algebra/hermitian-pairs.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { packedLength, rowStart } from '../../compute/linear-algebra/packed.ts';
import { above, gamma, tiny, unit } from '../../rounding.ts';
import { timesTransposed } from '../../compute/linear-algebra/times-transposed.ts';
import type { Polyphase } from './polyphase.ts';

/**
 * The Gram matrix of the symbol, G(w) = F(w) F(w)* (or F* F where the input has fewer channels), from its lags:
 * G(w) = R_0 + sum over half of the lags of cos<l,w> (R_l + R_l') - i sin<l,w> (R_l - R_l'). Frequencies are
 * w_a = pi t_a / N_a with integers t_a in [0, 2N_a): even ones belong to the plain circulant, odd ones to the twisted one.
 */
export interface BlockSymbol extends AngleTables {
  readonly size: number;
  readonly side: 'output' | 'input';
  readonly lags: readonly (readonly number[])[];
  /** Even terms: R_0, then R_l + R_l' for every half lag; odd ones: R_l - R_l'. */
  readonly pairs: HermitianPairs;
  /** The l2 norm of computed G(w) minus exact G(w) is never above this, at any frequency. */
  readonly error: number;
}

export interface AngleTables {
  readonly torus: readonly number[];
  /** Per axis cos and sin of pi m / N. */
  readonly cosines: readonly Float64Array[];
  readonly sines: readonly Float64Array[];
}

export function angleTables(torus: readonly number[]): AngleTables {
  const angles = torus.map((size) => Array.from({ length: 2 * size }, (_, m) => (Math.PI * m) / size));
  return {
    torus,
    cosines: angles.map((axis) => Float64Array.from(axis, Math.cos)),
    sines: angles.map((axis) => Float64Array.from(axis, Math.sin)),
  };
}

/** Doubles that the lags of one symbol may fill. */
const largestSymbol = 24e6;

export function symbolFits({ outputChannels, inputChannels, taps }: Polyphase): boolean {
  const n = Math.min(outputChannels, inputChannels);
  const lags = new Set(taps.flatMap((a) => taps.map((b) => a.step.map((s, axis) => s - b.step[axis]!).join()))).size;
  return packedLength(n) * (lags + 1) <= largestSymbol;
}

export async function blockSymbol(phases: Polyphase, torus: readonly number[], pace: Pace): Promise<BlockSymbol> {
  const side = phases.outputChannels <= phases.inputChannels ? 'output' : 'input';
  const [n, inner] =
    side === 'output' ? [phases.outputChannels, phases.inputChannels] : [phases.inputChannels, phases.outputChannels];
  const blocks = phases.taps.map(({ step, matrix }) => ({
    step,
    matrix: side === 'output' ? matrix : transposed(matrix, phases.outputChannels, phases.inputChannels),
  }));

  const lags: number[][] = [];
  const gramOfLag = new Map<string, Float64Array>();
  for (const one of blocks)
    for (const two of blocks) {
      // T T' pairs p with p + a - b, T' T with p + b - a.
      const lag = one.step.map((a, axis) => (side === 'output' ? a - two.step[axis]! : two.step[axis]! - a));
      if (lag.find((l) => l !== 0)! < 0) continue;
      const before = gramOfLag.get(lag.join());
      if (before === undefined && lag.some((l) => l !== 0)) lags.push(lag);
      const gram = await timesTransposed(one.matrix, two.matrix, n, inner, pace, before);
      gramOfLag.set(lag.join(), gram);
    }

  const pairs = new HermitianPairs(n, 1 + lags.length, lags.length);
  const fill = (term: number, lag: readonly number[], sign: 1 | -1 | 0): void => {
    fillTable(pairs.table(term), gramOfLag.get(lag.join())!, n, sign);
  };
  fill(0, phases.inputSize.map(() => 0), 0); // prettier-ignore
  for (const [index, lag] of lags.entries()) {
    fill(1 + index, lag, 1);
    fill(1 + lags.length + index, lag, -1);
    gramOfLag.delete(lag.join());
    if (pace.due(n * n)) await pace.rest();
  }
  return {
    size: n,
    side,
    lags,
    pairs,
    ...angleTables(torus),
    error: symbolError(blocks.map(({ matrix }) => matrix), inner, lags.length, n), // prettier-ignore
  };
}

/**
 * All terms of G(w) are products W_k W_l' times a number of modulus 1. With S = sum_k |W_k|_F, the sums over channels, pairs of
 * taps and lags are off by at most gamma_(inner + taps + 2 lags + 4) S^2 in norm. An angle pi m / N has a relative error of 3 units
 * and is at most 2 pi, cosine and sine of V8 are within one unit in the last place (two are granted): 21 units a part, 30 a complex
 * number, and at most three of them are multiplied: below 128 units, for each of the two parts of a lag.
 */
function symbolError(blocks: readonly Float64Array[], inner: number, lags: number, n: number): number {
  let sum = 0;
  for (const block of blocks) sum += Math.sqrt(block.reduce((squares, entry) => squares + entry * entry, 0));
  const squared = above(sum * sum * (1 + 4 * gamma((blocks[0]?.length ?? 0) + blocks.length + 4)));
  const relative = above(2 * gamma(inner + blocks.length + 2 * lags + 4) + 256 * unit);
  return above(relative * squared + n * inner * blocks.length ** 2 * tiny);
}

/** Of G + sign G', the lower triangle. */
function fillTable(table: Float64Array, gram: Float64Array, n: number, sign: 1 | -1 | 0): void {
  for (let i = 0; i < n; i++)
    for (let j = 0, at = rowStart(i); j <= i; j++, at++) table[at] = gram[i * n + j]! + sign * gram[j * n + i]!;
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const flipped = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) flipped[j * rows + i] = matrix[i * columns + j]!;
  return flipped;
}

/** What the terms of `pairs` are multiplied by at the frequency pi t / N. */
export function symbolFactors(symbol: BlockSymbol, t: readonly number[]): Float64Array {
  const { lags } = symbol;
  const factors = new Float64Array(1 + 2 * lags.length);
  factors[0] = 1;
  lags.forEach((lag, index) => {
    const { cos, sin } = phaseOf(symbol, lag, t);
    factors[1 + index] = cos;
    factors[1 + lags.length + index] = sin;
  });
  return factors;
}

/** e^{i <l, w>}, the angle reduced in integers before it is looked up. */
export function phaseOf(
  { torus, cosines, sines }: AngleTables,
  lag: readonly number[],
  t: readonly number[],
): { cos: number; sin: number } {
  let cos = 1;
  let sin = 0;
  for (let axis = 0; axis < lag.length; axis++) {
    const period = 2 * torus[axis]!;
    const m = (((lag[axis]! * t[axis]!) % period) + period) % period;
    const c = cosines[axis]![m]!;
    const s = sines[axis]![m]!;
    [cos, sin] = [cos * c - sin * s, cos * s + sin * c];
  }
  return { cos, sin };
}
