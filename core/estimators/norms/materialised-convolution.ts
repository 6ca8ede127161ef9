import {
  type Care,
  careFor,
  eigenvalueUpper,
  packedEigenpair,
} from '../../compute/linear-algebra/largest-eigenvalue.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { type Packed, packedLength, rowStart } from '../../compute/linear-algebra/packed.ts';
import type { Convolution } from '../../operators/linear-map.ts';
import { convolutionMap } from '../../operators/maps/convolution-map.ts';
import { above, gamma, tiny } from '../../rounding.ts';
import type { Findings } from './interval.ts';
import { timesTransposed } from '../../compute/linear-algebra/times-transposed.ts';
import { axesOf, combinations, flatIndex, inputPosition, product } from './landing.ts';
import { quotientBelow } from './quotient.ts';

/** One side of T, as the rows of a Gram matrix: position by position, all channels of one after the other. */
export interface ConvolutionSide {
  readonly side: 'output' | 'input';
  readonly channels: number;
  readonly otherChannels: number;
  readonly grid: readonly number[];
  readonly positions: number;
  readonly size: number;
  /** How far apart, per axis, two positions may be that still share one of the other side. */
  readonly lags: readonly number[];
  /** Entries of a row of the Gram matrix from its diagonal to its last one. */
  readonly band: number;
  /** Products of a Cholesky factorisation of that Gram matrix, which is a band: only positions nearby share anything. */
  readonly products: number;
}

/** The side on which to write the Gram matrix down. */
export function cheaperSide(convolution: Convolution): ConvolutionSide {
  const { inputChannels, outputChannels, inputSize, outputSize } = convolution;
  const reach = convolution.kernelSize.map((size, axis) => convolution.dilations[axis]! * (size - 1));
  const describe = (
    side: 'output' | 'input',
    [channels, otherChannels]: readonly [number, number],
    grid: readonly number[],
    lags: readonly number[],
  ): ConvolutionSide => {
    const positions = product(grid);
    const size = channels * positions;
    const farthest = lags.map((lag, axis) => Math.min(lag, grid[axis]! - 1));
    const band = Math.min(size, channels * (1 + flatIndex(farthest, grid)));
    return {
      side,
      channels,
      otherChannels,
      grid,
      positions,
      size,
      lags: farthest,
      band,
      products: (size * band * band) / 2,
    };
  };
  const strided = reach.map((lag, axis) => Math.floor(lag / convolution.strides[axis]!));
  const output = describe('output', [outputChannels, inputChannels], outputSize, strided);
  const input = describe('input', [inputChannels, outputChannels], inputSize, reach);
  return output.products <= input.products ? output : input;
}

/**
 * Exact: the Gram matrix of the whole operator, borders and all, without ever writing the operator down. For one
 * forward group, scaled near 1. Where a lower end is known that is nearly the norm, one factorisation just above it is all.
 */
export async function* materialisedNorm(
  convolution: Convolution,
  absoluteNorm: number,
  pace: Pace,
  knownLower = 0,
): Findings {
  const side = cheaperSide(convolution);
  const map = convolutionMap(convolution);
  using room = pace.room();
  const gram = await convolutionGram(convolution, side, room.doubles(packedLength(side.size)), pace);
  // Every entry of G sums at most map.terms products of entries of T, in two stages: |dG| <= gamma |T| |T'|.
  const gramError = above(
    above(gamma(2 * map.terms) * above(absoluteNorm * absoluteNorm)) + side.size * map.terms * tiny,
  );
  const provedFrom = async (
    estimate: number,
    { margins }: Pick<Care, 'margins'> = careFor(side.size),
  ): Promise<number> => {
    const upper = await eigenvalueUpper(gram, side.size, estimate, pace, { margins });
    return above(Math.sqrt(above(upper + gramError)));
  };
  if (knownLower > 0) {
    const upper = await provedFrom(knownLower ** 2, { margins: [justAbove] });
    yield { upper, method: 'materialised' };
    if (upper <= knownLower * (1 + justAbove)) return;
  }
  const { value, vector } = await packedEigenpair(gram, side.size, pace, careFor(side.size));
  const ofChannels = channelMajor(vector, side);
  const x = side.side === 'input' ? ofChannels : map.applyTransposed(ofChannels);
  yield { lower: quotientBelow(map, x, absoluteNorm), method: 'materialised' };
  yield { upper: await provedFrom(value), method: 'materialised' };
}

/** Above the square of a lower end from single precision. */
const justAbove = 4e-3;

/** From position by position to channel by channel, as the map has it. */
function channelMajor(vector: Float64Array, { channels, positions }: ConvolutionSide): Float64Array {
  const flipped = new Float64Array(vector.length);
  for (let p = 0; p < positions; p++)
    for (let c = 0; c < channels; c++) flipped[c * positions + p] = vector[p * channels + c]!;
  return flipped;
}

/**
 * T T' on the output side, T' T on the input side. Two positions of the one side meet where they share a position of the other:
 * there the block of taps k and l is W_k W_l' (W_k' W_l), summed over the positions shared.
 */
async function convolutionGram(
  convolution: Convolution,
  side: ConvolutionSide,
  gram: Packed,
  pace: Pace,
): Promise<Packed> {
  const { channels } = side;
  const blocks = tapBlocks(convolution, side.side);
  const meetings = tapsByPosition(convolution, side.side);
  gram.fill(0);
  const products = new Map<number, Float64Array>();
  const taps = blocks.length;
  for (const meeting of meetings) {
    for (const one of meeting)
      for (const two of meeting) {
        // Of the two orders of a pair of positions, the one that fills the lower triangle.
        if (two.position > one.position) continue;
        const key = one.tap * taps + two.tap;
        let block = products.get(key);
        if (block === undefined) {
          block = await timesTransposed(blocks[one.tap]!, blocks[two.tap]!, channels, side.otherChannels, pace);
          products.set(key, block);
        }
        for (let c = 0; c < channels; c++) {
          const start = rowStart(one.position * channels + c) + two.position * channels;
          const last = two.position < one.position ? channels - 1 : c;
          for (let d = 0; d <= last; d++) gram[start + d]! += block[c * channels + d]!;
        }
      }
    if (pace.due(meeting.length ** 2 * channels * channels)) await pace.rest();
  }
  return gram;
}

/** The matrix of every tap: output channels x input channels, or its transpose on the input side. */
export function tapBlocks(convolution: Convolution, side: 'output' | 'input'): readonly Float64Array[] {
  const { outputChannels, inputChannels, kernel } = convolution;
  const taps = product(convolution.kernelSize);
  const blocks = Array.from({ length: taps }, () => new Float64Array(outputChannels * inputChannels));
  for (let o = 0, at = 0; o < outputChannels; o++)
    for (let c = 0; c < inputChannels; c++)
      for (let k = 0; k < taps; k++)
        blocks[k]![side === 'output' ? o * inputChannels + c : c * outputChannels + o] = kernel[at++]!;
  return blocks;
}

interface Landing {
  readonly position: number;
  readonly tap: number;
}

/** For every position of the other side: the positions of this side that reach it, each with its tap. */
function tapsByPosition(convolution: Convolution, side: 'output' | 'input'): readonly (readonly Landing[])[] {
  const axes = axesOf(convolution);
  const landings = axes.map((axis) => {
    const pairs: { output: number; input: number; tap: number }[] = [];
    for (let output = 0; output < axis.outputSize; output++)
      for (let tap = 0; tap < axis.offsets.length; tap++) {
        const input = inputPosition(axis, output, tap);
        if (input !== undefined) pairs.push({ output, input, tap });
      }
    return pairs;
  });
  const count = product(side === 'output' ? convolution.inputSize : convolution.outputSize);
  const meetings: Landing[][] = Array.from({ length: count }, () => []);
  for (const landing of combinations(landings)) {
    const output = flatIndex(landing.map((at) => at.output), convolution.outputSize); // prettier-ignore
    const input = flatIndex(landing.map((at) => at.input), convolution.inputSize); // prettier-ignore
    const tap = flatIndex(landing.map((at) => at.tap), convolution.kernelSize); // prettier-ignore
    const [position, meeting] = side === 'output' ? [output, input] : [input, output];
    meetings[meeting]!.push({ position, tap });
  }
  return meetings;
}
