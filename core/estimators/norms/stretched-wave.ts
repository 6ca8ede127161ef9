import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { adjointBlocks, shiftedBlocksMap } from '../../compute/linear-algebra/shifted-blocks.ts';
import type { BlockSymbol } from './block-symbol.ts';
import type { Peak } from './frequency-sweep.ts';
import { combinations, product } from './landing.ts';
import type { Polyphase } from './polyphase.ts';
import { quotientOf } from './quotient.ts';

/** Products in one application up to which many more steps cost nothing that anybody notices. */
const cheapProducts = 4e6;

/**
 * A certified lower end for a large convolution: Lanczos steps on T' T from a start that is nearly the answer already, the wave
 * of the spectrum's peak faded out towards the borders.
 */
export async function stretchedWave(
  phases: Polyphase,
  symbol: BlockSymbol,
  peak: Peak,
  absoluteNorm: number,
  pace: Pace,
): Promise<number> {
  const forward = shiftedBlocksMap(phases, pace);
  const backward = shiftedBlocksMap(adjointBlocks(phases), pace);
  // Only inputs that are zero where the original has no position are inputs of the original.
  const inside = (x: Float64Array): Float64Array => {
    for (const place of phases.outside) x[place] = 0;
    return x;
  };
  const wave = fadedWave(phases, symbol, peak);
  const terms = phases.taps.length * Math.max(phases.inputChannels, phases.outputChannels);
  const cost = phases.taps.length * phases.inputChannels * phases.outputChannels * product(phases.outputSize);
  const cheap = cost < cheapProducts;
  const { vector } = await largestEigenpair(
    async (x) => inside(await backward(await forward(x))),
    inside(symbol.side === 'output' ? await backward(wave) : wave),
    // Dear ones stop at four parts in a thousand of the peak, which the norm hardly reaches anyway.
    {
      steps: cheap ? 60 : 16,
      tolerance: cheap ? 1e-6 : 2e-3,
      cost: 0,
      enough: peak.value * (cheap ? 1 : 0.996),
    },
    pace,
  );
  const x = inside(vector);
  return quotientOf(await forward(x), x, terms, absoluteNorm);
}

/**
 * The wave e^{-i <w, p>} u, its real part (shifted so that it does not vanish where w is real), under half a sine per axis.
 */
function fadedWave(phases: Polyphase, { torus, side }: BlockSymbol, { t, vector }: Peak): Float64Array {
  const size = vector.length / 2;
  const grid = side === 'output' ? phases.outputSize : phases.inputSize;
  const positions = product(grid);
  const wave = new Float64Array(size * positions);
  combinations(grid.map((length) => Array.from({ length }, (_, p) => p))).forEach((p, at) => {
    const angle = p.reduce((sum, position, axis) => sum + (Math.PI * t[axis]! * position) / torus[axis]!, 0.4);
    const window = p.reduce((w, position, axis) => w * Math.sin((Math.PI * (position + 1)) / (grid[axis]! + 1)), 1);
    const re = window * Math.cos(angle);
    const im = window * Math.sin(angle);
    for (let c = 0; c < size; c++) wave[c * positions + at] = vector[c]! * re + vector[size + c]! * im;
  });
  return wave;
}
