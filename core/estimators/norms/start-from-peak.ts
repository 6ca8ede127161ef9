import type { Convolution } from '../../operators/linear-map.ts';
import { convolutionMap } from '../../operators/maps/convolution-map.ts';
import type { BlockSymbol } from './block-symbol.ts';
import type { Peak } from './frequency-sweep.ts';
import { combinations, flatIndex, product } from './landing.ts';
import type { Polyphase } from './polyphase.ts';

/**
 * An input that the convolution stretches by nearly its norm: the wave e^{-i <w, p>} u of the spectrum's peak, faded out towards
 * the borders by half a sine per axis. Of its real and imaginary part, the real one (with a shift that keeps it from vanishing).
 */
export function startFromPeak(
  convolution: Convolution,
  phases: Polyphase,
  { torus, side }: BlockSymbol,
  { t, vector }: Peak,
): Float64Array {
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
  return side === 'output' ? convolutionMap(convolution).applyTransposed(wave) : fromPhases(wave, convolution, phases);
}

/** Back from channels per remainder on the coarse grid to the original input. */
function fromPhases(wave: Float64Array, convolution: Convolution, phases: Polyphase): Float64Array {
  const { inputChannels, inputSize, strides } = convolution;
  const coarse = product(phases.inputSize);
  const fine = product(inputSize);
  const x = new Float64Array(inputChannels * fine);
  combinations(phases.inputSize.map((length) => Array.from({ length }, (_, u) => u))).forEach((u, at) => {
    phases.remainders.forEach((remainder, index) => {
      const q = u.map((position, axis) => position * strides[axis]! + remainder[axis]!);
      if (q.some((position, axis) => position >= inputSize[axis]!)) return;
      const to = flatIndex(q, inputSize);
      for (let c = 0; c < inputChannels; c++) x[c * fine + to] = wave[(index * inputChannels + c) * coarse + at]!;
    });
  });
  return x;
}
