import { choleskyError } from '../../compute/linear-algebra/cholesky.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Convolution } from '../../operators/linear-map.ts';
import { above, below, gamma, tiny, unit } from '../../rounding.ts';
import { axesOf, combinations, flatIndex, landings, product } from './landing.ts';
import { emptyBand, plainCholeskySucceeds, shiftMinus } from './plain-cholesky.ts';

/**
 * The symbol of a strided convolution at a coarse frequency, straight from the kernel: the row of its aliases
 * B = [F(w_a)] / sqrt(number of aliases), F(w) = sum_k W_k e^{i <w, o_k>}, on a torus of s N fine points per axis. No lags and no phases of the
 * input are involved, so that an error in those would show.
 */
export interface DirectSymbol {
  readonly convolution: Convolution;
  /** N per axis. */
  readonly torus: readonly number[];
  readonly taps: readonly { readonly offsets: readonly number[]; readonly index: number }[];
  readonly aliases: readonly (readonly number[])[];
  readonly size: number;
  /** Of the Gram matrix of B, in norm. */
  readonly error: number;
}

/**
 * On a torus of at least the given size, and large enough for this derivation: a position before the input must wrap to one behind
 * it, and none may be reached from behind the torus' end.
 */
export function directSymbol(convolution: Convolution, atLeast: readonly number[]): DirectSymbol {
  const axes = axesOf(convolution);
  const landing = axes.map((axis) =>
    axis.offsets.flatMap((offset, tap) => (landings(axis, tap) > 0 ? [{ offset, tap }] : [])),
  );
  const torus = axes.map(({ inputSize, outputSize, stride }, a) => {
    const offsets = landing[a]!.map(({ offset }) => offset);
    const before = inputSize - Math.min(0, ...offsets);
    const after = stride * (outputSize - 1) + Math.max(0, ...offsets) + 1;
    return Math.max(atLeast[a]!, outputSize, Math.ceil(Math.max(before, after) / stride));
  });
  const taps = combinations(landing).map((choice) => ({
    offsets: choice.map(({ offset }) => offset),
    index: flatIndex(choice.map(({ tap }) => tap), convolution.kernelSize), // prettier-ignore
  }));
  const aliases = combinations(convolution.strides.map((stride) => Array.from({ length: stride }, (_, a) => a)));
  const { inputChannels, outputChannels } = convolution;
  const wide = inputChannels * aliases.length;
  return {
    convolution,
    torus,
    taps,
    aliases,
    size: Math.min(outputChannels, wide),
    error: symbolError(convolution, taps, Math.max(outputChannels, wide)),
  };
}

/**
 * With S = sum_k |W_k|_F: B is off by (gamma_(2 taps + 4) + 128 units) S (phases as in block-symbol.ts), its Gram matrix by twice that
 * times S and by gamma_(2 inner + 4) S^2 of its own; the factors below are generous.
 */
function symbolError(convolution: Convolution, taps: DirectSymbol['taps'], inner: number): number {
  const count = product(convolution.kernelSize);
  const blocks = convolution.kernel.length / count;
  let sum = 0;
  for (const { index } of taps) {
    let squares = 0;
    for (let b = 0; b < blocks; b++) squares += convolution.kernel[b * count + index]! ** 2;
    sum += Math.sqrt(squares);
  }
  const squared = above(sum * sum * (1 + 4 * gamma(blocks + taps.length + 4)));
  const relative = above(4 * gamma(2 * inner + 2 * taps.length + 16) + 1024 * unit);
  return above(relative * squared + 4 * inner * inner * tiny);
}

export interface DirectGram {
  /** Real and imaginary part of the smaller Gram matrix of B, full and row-major. */
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** Certified upper end of its largest eigenvalue: its trace. */
  readonly trace: number;
}

/** At the frequency pi t / N. */
export async function directGram(symbol: DirectSymbol, t: readonly number[], pace: Pace): Promise<DirectGram> {
  const { convolution, taps, aliases, size, torus } = symbol;
  const { inputChannels, outputChannels, kernel, strides } = convolution;
  const count = product(convolution.kernelSize);
  const columns = inputChannels * aliases.length;
  const onOutputs = outputChannels <= columns;
  const inner = onOutputs ? columns : outputChannels;
  const re = new Float64Array(size * inner);
  const im = new Float64Array(size * inner);
  const scale = 1 / Math.sqrt(aliases.length);
  aliases.forEach((alias, a) => {
    for (const { offsets, index } of taps) {
      let cos = scale;
      let sin = 0;
      offsets.forEach((offset, axis) => {
        const half = strides[axis]! * torus[axis]!;
        const m = (offset * (t[axis]! + 2 * torus[axis]! * alias[axis]!)) % (2 * half);
        const c = Math.cos((Math.PI * m) / half);
        const s = Math.sin((Math.PI * m) / half);
        [cos, sin] = [cos * c - sin * s, cos * s + sin * c];
      });
      for (let o = 0; o < outputChannels; o++)
        for (let c = 0; c < inputChannels; c++) {
          const weight = kernel[(o * inputChannels + c) * count + index]!;
          const column = a * inputChannels + c;
          const at = onOutputs ? o * inner + column : column * inner + o;
          re[at]! += weight * cos;
          // B' where the Gram matrix is B* B: its conjugate has the same eigenvalues.
          im[at]! += weight * sin;
        }
    }
  });
  if (pace.due(2 * taps.length * re.length)) await pace.rest();
  return gramOf(re, im, size, inner, symbol.error, pace);
}

async function gramOf(
  re: Float64Array,
  im: Float64Array,
  n: number,
  inner: number,
  error: number,
  pace: Pace,
): Promise<DirectGram> {
  const gramRe = new Float64Array(n * n);
  const gramIm = new Float64Array(n * n);
  let trace = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let r = 0;
      let s = 0;
      for (let k = 0, x = i * inner, y = j * inner; k < inner; k++, x++, y++) {
        r += re[x]! * re[y]! + im[x]! * im[y]!;
        s += im[x]! * re[y]! - re[x]! * im[y]!;
      }
      gramRe[i * n + j] = r;
      gramRe[j * n + i] = r;
      gramIm[i * n + j] = s;
      gramIm[j * n + i] = -s;
    }
    if (pace.due(4 * i * inner)) await pace.rest();
    trace += gramRe[i * n + i]!;
    gramIm[i * n + i] = 0;
  }
  return { re: gramRe, im: gramIm, trace: above(trace * (1 + 2 * gamma(n + 2)) + n * error) };
}

/**
 * Whether the largest eigenvalue of the exact Gram matrix is proved to be at most `square`: a plain real Cholesky factorisation of
 * the Hermitian matrix written as [[Re, -Im], [Im, Re]].
 */
export async function directlyAtMost(
  { re, im, trace }: DirectGram,
  n: number,
  error: number,
  square: number,
  pace: Pace,
): Promise<boolean> {
  if (trace <= square) return true;
  const total = above(above(choleskyError(2 * n, square + error) + 2 ** -51 * square) + error);
  const shift = below(square - total);
  if (!(shift > 0)) return false;
  const real = emptyBand(2 * n, 2 * n);
  for (let i = 0; i < 2 * n; i++)
    for (let j = i; j < 2 * n; j++) {
      const at = (i % n) * n + (j % n);
      // The upper right block is -Im.
      real.entries[i * 2 * n + j - i] = i < n === j < n ? re[at]! : -im[at]!;
    }
  return plainCholeskySucceeds(shiftMinus(real, shift), pace);
}
