import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { packedLength, rowStart } from '../../compute/linear-algebra/packed.ts';
import { above, gamma, tiny, unit } from '../../rounding.ts';
import { timesTransposed } from './materialised-convolution.ts';
import { type Polyphase, torusSize } from './polyphase.ts';

/**
 * The Gram matrix of the symbol, G(w) = F(w) F(w)* (or F* F where the input has fewer channels), from its lags:
 * G(w) = R_0 + sum over half of the lags of cos<l,w> (R_l + R_l') - i sin<l,w> (R_l - R_l'). Frequencies are
 * w_a = pi t_a / N_a with integers t_a in [0, 2N_a): even ones belong to the plain circulant, odd ones to the twisted one.
 */
export interface BlockSymbol extends AngleTables {
  readonly size: number;
  readonly side: 'output' | 'input';
  readonly lags: readonly (readonly number[])[];
  /** R_0, then R_l + R_l' for every half lag, packed. */
  readonly even: readonly Float64Array[];
  /** R_l - R_l' for every half lag, packed. */
  readonly odd: readonly Float64Array[];
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

/** What one frequency costs to write down. */
export const symbolProducts = ({ size, lags }: BlockSymbol): number => packedLength(size) * (2 * lags.length + 1);

export async function blockSymbol(phases: Polyphase, pace: Pace): Promise<BlockSymbol> {
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
      const gram = await timesTransposed(one.matrix, two.matrix, n, inner, pace);
      const sum = gramOfLag.get(lag.join());
      if (sum === undefined) {
        gramOfLag.set(lag.join(), gram);
        if (lag.some((l) => l !== 0)) lags.push(lag);
      } else for (let i = 0; i < sum.length; i++) sum[i]! += gram[i]!;
    }

  const zero = gramOfLag.get(phases.inputSize.map(() => 0).join())!;
  const torus = torusSize(phases);
  return {
    size: n,
    side,
    lags,
    even: [
      packedPart(zero, n, (g) => g),
      ...lags.map((lag) => packedPart(gramOfLag.get(lag.join())!, n, (g, h) => g + h)),
    ],
    odd: lags.map((lag) => packedPart(gramOfLag.get(lag.join())!, n, (g, h) => g - h)),
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

function packedPart(gram: Float64Array, n: number, of: (entry: number, mirrored: number) => number): Float64Array {
  const packed = new Float64Array(packedLength(n));
  for (let i = 0; i < n; i++)
    for (let j = 0, at = rowStart(i); j <= i; j++, at++) packed[at] = of(gram[i * n + j]!, gram[j * n + i]!);
  return packed;
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const flipped = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) flipped[j * rows + i] = matrix[i * columns + j]!;
  return flipped;
}

/** Writes G at the frequency pi t / N into `re` and `im` (packed). */
export function writeSymbol(symbol: BlockSymbol, t: readonly number[], re: Float64Array, im: Float64Array): void {
  re.set(symbol.even[0]!);
  im.fill(0);
  symbol.lags.forEach((lag, index) => {
    const { cos, sin } = phaseOf(symbol, lag, t);
    const even = symbol.even[index + 1]!;
    const odd = symbol.odd[index]!;
    for (let i = 0; i < re.length; i++) {
      re[i]! += cos * even[i]!;
      im[i]! -= sin * odd[i]!;
    }
  });
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
