import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { adjointBlocks, shiftedBlocksMap } from '../../compute/linear-algebra/shifted-blocks.ts';
import { singleBlocksMap } from '../../compute/linear-algebra/single-blocks.ts';
import { leadingVector } from '../../compute/linear-algebra/single-lanczos.ts';
import type { ScratchRoom } from '../../compute/scratch.ts';
import type { BlockSymbol } from './block-symbol.ts';
import type { Peak } from './frequency-sweep.ts';
import { combinations, flatIndex, product } from './landing.ts';
import type { Polyphase } from './polyphase.ts';
import { quotientOf } from './quotient.ts';

/** Positions per axis beyond which a larger image hardly changes the norm. */
export const wideEnough = 64;

/**
 * A certified lower end for a large convolution: Lanczos steps on T' T from a start that is nearly the answer already, the wave
 * of the spectrum's peak faded out towards the borders. Searched in single precision; the quotient that counts is computed in double.
 */
export async function stretchedWave(
  whole: Polyphase,
  symbol: BlockSymbol,
  peak: Peak,
  absoluteNorm: number,
  pace: Pace,
): Promise<number> {
  const phases = cropped(whole, wideEnough);
  using room = pace.room();
  const x = await searched(phases, symbol, peak, room, pace);
  const terms = phases.taps.length * Math.max(phases.inputChannels, phases.outputChannels);
  return quotientOf(await shiftedBlocksMap(phases, room, pace)(x), x, terms, absoluteNorm);
}

const effort = { steps: 60, tolerance: 2e-4 };

async function searched(
  phases: Polyphase,
  symbol: BlockSymbol,
  peak: Peak,
  room: ScratchRoom,
  pace: Pace,
): Promise<Float64Array> {
  // Only inputs that are zero where the original has no position are inputs of the original.
  const inside = <A extends Float32Array | Float64Array>(x: A): A => {
    for (const place of phases.outside) x[place] = 0;
    return x;
  };
  const wave = fadedWave(phases, symbol, peak);
  const forward = singleBlocksMap(phases, 'forward', room, pace);
  const backward = singleBlocksMap(phases, 'adjoint', room, pace);
  if (forward === undefined || backward === undefined) {
    const plainly = shiftedBlocksMap(phases, room, pace);
    const back = shiftedBlocksMap(adjointBlocks(phases), room, pace);
    const { vector } = await largestEigenpair(
      async (x) => inside(await back(await plainly(x))),
      inside(symbol.side === 'output' ? await back(wave) : wave),
      { ...effort, cost: 0 },
      pace,
    );
    return inside(vector);
  }
  const image = room.singles(phases.outputChannels * product(phases.outputSize));
  const start = room.singles(phases.inputChannels * product(phases.inputSize));
  if (symbol.side === 'output') await backward(Float32Array.from(wave), start);
  else start.set(wave);
  return inside(
    await leadingVector(
      async (x, y) => {
        await forward(x, image);
        await backward(image, y);
        inside(y);
      },
      inside(start),
      effort,
      room,
    ),
  );
}

/** The part of the map between the first positions of every axis: a submatrix, whose norm is never larger. */
export function cropped(phases: Polyphase, most: number): Polyphase {
  const inputSize = phases.inputSize.map((size) => Math.min(size, most));
  const kept = [...phases.outside].flatMap((place) => {
    const index = multiIndex(place, [phases.inputChannels, ...phases.inputSize]);
    return index.every((at, axis) => axis === 0 || at < most) ? [flatIndex(index, [phases.inputChannels, ...inputSize])] : []; // prettier-ignore
  });
  return {
    ...phases,
    inputSize,
    outputSize: phases.outputSize.map((size) => Math.min(size, most)),
    outside: Int32Array.from(kept),
  };
}

function multiIndex(flat: number, sizes: readonly number[]): readonly number[] {
  let rest = flat;
  return sizes
    .toReversed()
    .map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    })
    .toReversed();
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
