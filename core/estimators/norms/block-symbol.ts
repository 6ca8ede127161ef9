import { addTransposedTimes } from '../../compute/linear-algebra/add-transposed-times.ts';
import { length } from '../../compute/linear-algebra/euclidean.ts';
import { HermitianPairs } from '../../compute/linear-algebra/hermitian-pairs.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { packedLength, rowStart } from '../../compute/linear-algebra/packed.ts';
import { transpose } from '../../compute/linear-algebra/transpose.ts';
import type { ScratchRoom } from '../../compute/scratch.ts';
import { above, gamma, tiny, unit } from '../../rounding.ts';
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
  /** Even terms: R_0, then R_l + R_l' for every half lag; odd ones: R_l - R_l'. In memory of the room that the symbol was made in. */
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

export async function blockSymbol(
  phases: Polyphase,
  torus: readonly number[],
  room: ScratchRoom,
  pace: Pace,
): Promise<BlockSymbol> {
  const side = phases.outputChannels < phases.inputChannels ? 'output' : 'input';
  const [n, inner] =
    side === 'output' ? [phases.outputChannels, phases.inputChannels] : [phases.inputChannels, phases.outputChannels];
  const blocks = tapRows(phases, side, room);

  // T T' pairs p with p + a - b, T' T with p + b - a.
  const pairsOfLag = new Map<string, { readonly lag: readonly number[]; readonly taps: [number, number][] }>();
  for (const [one, { step: a }] of phases.taps.entries())
    for (const [two, { step: b }] of phases.taps.entries()) {
      const lag = a.map((at, axis) => (side === 'output' ? at - b[axis]! : b[axis]! - at));
      if (lag.find((l) => l !== 0)! < 0) continue;
      const known = pairsOfLag.get(lag.join()) ?? { lag, taps: [] };
      pairsOfLag.set(lag.join(), known);
      known.taps.push([one, two]);
    }
  const [still, ...moving] = [...pairsOfLag.values()].sort(({ lag }) => (lag.every((l) => l === 0) ? -1 : 0));

  const pairs = new HermitianPairs(n, 1 + moving.length, moving.length, (bytes) => room.memory(bytes));
  const gram = room.doubles(n * n);
  const gramOf = async (taps: readonly [number, number][]): Promise<void> => {
    gram.fill(0);
    for (const { one, two, count } of runsOf(taps)) {
      const rows = (first: number): Float64Array => blocks.subarray(first * inner * n, (first + count) * inner * n);
      await addTransposedTimes(gram, rows(one), rows(two), count * inner, n, pace);
    }
  };
  await gramOf(still!.taps);
  fillTable(pairs.table(0), gram, n);
  for (const [index, { taps }] of moving.entries()) {
    await gramOf(taps);
    fillTables(pairs.table(1 + index), pairs.table(1 + moving.length + index), gram, n);
    if (pace.due(n * n)) await pace.rest();
  }
  return {
    size: n,
    side,
    lags: moving.map(({ lag }) => lag),
    pairs,
    ...angleTables(torus),
    error: symbolError(phases, inner, moving.length, n),
  };
}

/** Every tap as rows of n entries, one below the other: then W_k' W_l, summed over taps that follow each other, is one product. */
function tapRows(
  { taps, outputChannels, inputChannels }: Polyphase,
  side: 'output' | 'input',
  room: ScratchRoom,
): Float64Array {
  const size = outputChannels * inputChannels;
  const [first] = taps;
  const together = first!.matrix.byteOffset / 8;
  if (
    side === 'input' &&
    taps.every(
      ({ matrix }, k) => matrix.buffer === first!.matrix.buffer && matrix.byteOffset / 8 === together + k * size,
    )
  )
    // prettier-ignore
    return new Float64Array(first!.matrix.buffer, first!.matrix.byteOffset, taps.length * size);
  const rows = room.doubles(taps.length * size);
  for (const [k, { matrix }] of taps.entries())
    if (side === 'input') rows.set(matrix, k * size);
    else transpose(matrix, outputChannels, inputChannels, rows.subarray(k * size, (k + 1) * size));
  return rows;
}

/** Pairs of taps whose partners both follow those of the pair before. */
function runsOf(taps: readonly (readonly [number, number])[]): { one: number; two: number; count: number }[] {
  const runs: { one: number; two: number; count: number }[] = [];
  for (const [one, two] of taps) {
    const last = runs.at(-1);
    if (last !== undefined && one === last.one + last.count && two === last.two + last.count) last.count++;
    else runs.push({ one, two, count: 1 });
  }
  return runs;
}

/**
 * All terms of G(w) are products W_k W_l' times a number of modulus 1. With S = sum_k |W_k|_F, the sums over channels, pairs of
 * taps and lags, in whatever order, are off by at most gamma_(inner taps + 2 lags + 4) S^2 in norm. An angle pi m / N has a relative error of 3 units
 * and is at most 2 pi, cosine and sine of V8 are within one unit in the last place (two are granted): 21 units a part, 30 a complex
 * number, and at most three of them are multiplied: below 128 units, for each of the two parts of a lag.
 */
function symbolError({ taps }: Polyphase, inner: number, lags: number, n: number): number {
  let sum = 0;
  for (const { matrix } of taps) sum += length(matrix);
  const squared = above(sum * sum * (1 + 4 * gamma(n * inner + taps.length + 4)));
  const relative = above(2 * gamma(inner * taps.length + 2 * lags + 4) + 256 * unit);
  return above(relative * squared + n * inner * taps.length ** 2 * tiny);
}

/** The lower triangle of a symmetric G. */
function fillTable(table: Float64Array, gram: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) table.set(gram.subarray(i * n, i * n + i + 1), rowStart(i));
}

/** Rows and columns that the caches hold at the same time. */
const tile = 16;

/** The lower triangles of G + G' and G - G'. */
function fillTables(even: Float64Array, odd: Float64Array, gram: Float64Array, n: number): void {
  for (let top = 0; top < n; top += tile)
    for (let left = 0; left <= top; left += tile)
      for (let i = top; i < Math.min(n, top + tile); i++) {
        const last = Math.min(i, left + tile - 1);
        for (let j = left, at = rowStart(i) + left; j <= last; j++, at++) {
          const below = gram[i * n + j]!;
          const above = gram[j * n + i]!;
          even[at] = below + above;
          odd[at] = below - above;
        }
      }
}

/** What the terms of `pairs` are multiplied by at the frequency pi t / N. */
export function symbolFactors(symbol: BlockSymbol, t: readonly number[]): Float64Array {
  const { lags, torus, cosines, sines } = symbol;
  const factors = new Float64Array(1 + 2 * lags.length);
  factors[0] = 1;
  for (let index = 0; index < lags.length; index++) {
    // As phaseOf does: this is called for thousands of frequencies.
    const lag = lags[index]!;
    let cos = 1;
    let sin = 0;
    for (let axis = 0; axis < lag.length; axis++) {
      const period = 2 * torus[axis]!;
      const m = (((lag[axis]! * t[axis]!) % period) + period) % period;
      const c = cosines[axis]![m]!;
      const s = sines[axis]![m]!;
      const real = cos * c - sin * s;
      sin = cos * s + sin * c;
      cos = real;
    }
    factors[1 + index] = cos;
    factors[1 + lags.length + index] = sin;
  }
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
