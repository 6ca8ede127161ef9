import { addMultiple, length, seededVector } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Convolution } from '../../operators/linear-map.ts';
import type { BlockSymbol } from './block-symbol.ts';
import type { Peak } from './frequency-sweep.ts';
import { imageOf } from './image-of.ts';
import { combinations, product } from './landing.ts';
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
  const blocks = new Map(side === 'output' ? [[grid.map(() => 0).join(), 0]] : remainders.map((of, at) => [of.join(), at])); // prettier-ignore
  const size = vector.length / 2;
  const positions = product(grid);
  const wave = new Float64Array(channels * positions);
  combinations(grid.map((length) => Array.from({ length }, (_, p) => p))).forEach((p, at) => {
    const block = blocks.get(p.map((position, axis) => position % strides[axis]!).join());
    if (block === undefined) return;
    const angle = p.reduce(
      (sum, position, axis) => sum + (Math.PI * t[axis]! * Math.floor(position / strides[axis]!)) / torus[axis]!,
      0.4,
    );
    const window = p.reduce((w, position, axis) => w * Math.sin((Math.PI * (position + 1)) / (grid[axis]! + 1)), 1);
    const re = window * Math.cos(angle);
    const im = window * Math.sin(angle);
    const from = block * channels;
    for (let c = 0; c < channels; c++)
      wave[c * positions + at] = vector[from + c]! * re + vector[size + from + c]! * im;
  });
  return wave;
}
