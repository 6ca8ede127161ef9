import { addMultiple, length, seededVector } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Convolution } from '../../operators/linear-map.ts';
import type { BlockSymbol } from './block-symbol.ts';
import type { Peak } from './frequency-sweep.ts';
import { imageOf } from './image-of.ts';
import { product } from './landing.ts';
import type { Polyphase } from './polyphase.ts';
import { quotientOf } from './quotient.ts';
import { firstOutputs, stretchedMost } from './single-search.ts';

/** Outputs per axis beyond which a larger image hardly changes the norm. */
const wideEnough = 64;

const effort = { steps: 60, tolerance: 2e-4 };

/**
 * Along an axis of fewer positions the best input may be of another frequency than the spectrum's peak, and then hardly has a part in its
 * wave: the steps would stop (some 5 % below the norm, once in a few hundred random kernels) before they notice.
 */
const shortAxis = 16;
/** What is mixed into the wave there, relative to its length: enough to be noticed, for a twentieth more steps. */
const everywhereElse = 0.1;

/**
 * A certified lower end for a large convolution of one group: Lanczos steps on T' T from a start that is nearly the answer already, the wave
 * of the spectrum's peak faded out towards the borders. Searched in single precision; the quotient that counts is computed in double.
 */
export async function stretchedWave(
  convolution: Convolution,
  phases: Polyphase,
  symbol: BlockSymbol,
  peak: Peak,
  absoluteNorm: number,
  pace: Pace,
): Promise<number> {
  const first = firstOutputs(convolution, wideEnough);
  if (first === undefined) return 0;
  using room = pace.room();
  const wave = fadedWave(first, phases, symbol, peak);
  if (first.inputSize.some((size) => size < shortAxis)) {
    const rest = seededVector(wave.length, 1);
    addMultiple(wave, (everywhereElse * length(wave)) / length(rest), rest);
  }
  const start = { side: symbol.side, vector: wave };
  const x = await stretchedMost(first, start, effort, room, pace);
  const terms = first.kernel.length / first.outputChannels;
  return quotientOf(await imageOf(first, x, room, pace), x, terms, absoluteNorm);
}

/**
 * The wave e^{-i <w, p>} u, its real part (shifted so that it does not vanish where w is real), under half a sine per axis. An input's channels
 * in the symbol are those of its remainder.
 */
function fadedWave(
  first: Convolution,
  { remainders }: Polyphase,
  { torus, side }: BlockSymbol,
  { t, vector }: Peak,
): Float64Array {
  const [grid, channels] =
    side === 'output' ? [first.outputSize, first.outputChannels] : [first.inputSize, first.inputChannels];
  const strides = side === 'output' ? grid.map(() => 1) : first.strides;
  const size = vector.length / 2;
  const wave = new Float64Array(channels * product(grid));
  const blocks = side === 'output' ? [grid.map(() => 0)] : remainders;
  for (const [block, remainder] of blocks.entries()) {
    const places = placesOf(grid, strides, remainder, t.map((at, axis) => at / torus[axis]!)); // prettier-ignore
    for (let c = 0; c < channels; c++) {
      const re = vector[block * channels + c]!;
      const im = vector[size + block * channels + c]!;
      const to = wave.subarray(c * product(grid), (c + 1) * product(grid));
      for (let i = 0; i < places.at.length; i++) to[places.at[i]!] = re * places.re[i]! + im * places.im[i]!;
    }
  }
  return wave;
}

/** Of the positions with this remainder, where they stand in the grid and the faded wave there; `turns` is the half turns from one to the next. */
function placesOf(
  grid: readonly number[],
  strides: readonly number[],
  remainder: readonly number[],
  turns: readonly number[],
): { readonly at: Int32Array; readonly re: Float64Array; readonly im: Float64Array } {
  let all = [{ at: 0, angle: 0.4, window: 1 }];
  for (const [axis, length] of grid.entries()) {
    const along: typeof all = [];
    for (let p = remainder[axis]!, step = 0; p < length; p += strides[axis]!, step++)
      along.push({
        at: p,
        angle: Math.PI * turns[axis]! * step,
        window: Math.sin((Math.PI * (p + 1)) / (length + 1)),
      });
    all = all.flatMap(({ at, angle, window }) =>
      along.map((own) => ({ at: at * length + own.at, angle: angle + own.angle, window: window * own.window })),
    );
  }
  return {
    at: Int32Array.from(all, ({ at }) => at),
    re: Float64Array.from(all, ({ angle, window }) => window * Math.cos(angle)),
    im: Float64Array.from(all, ({ angle, window }) => window * Math.sin(angle)),
  };
}
