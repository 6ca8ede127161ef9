import type { Norm } from '../bound.ts';
import { digits } from './digits.ts';

/**
 * How changes of the input grew from layer to layer when they were tried: samples, beside the certified `reach` of the layers,
 * which no change exceeds.
 */
export interface NoiseGrowth {
  readonly norm: Norm;
  /** The size of every change at the input. */
  readonly noise: number;
  /** How many points were moved, each in how many random directions. */
  readonly points: number;
  readonly directions: number;
  /** Whether the direction of the inspection's witness was tried as well, from where it starts. */
  readonly alongWitness: boolean;
  /** By id, in the order of the network; layers inside a composite have no tensor of their own and are not here. */
  readonly layers: readonly SampledLayer[];
}

export interface SampledLayer {
  readonly id: string;
  /** Over the random directions. */
  readonly mean: number;
  /** Over everything that was tried. */
  readonly largest: number;
  /** Along the witness; null where that was not tried. */
  readonly witness: number | null;
}

export const growthWords = ({ points, directions, alongWitness }: NoiseGrowth): string =>
  `Sampled: ${points} ${points === 1 ? 'point' : 'points'} moved in ${directions} random directions each${alongWitness ? ', and along the witness' : ''}; an estimate from below, no bound.`;

export const sampledText = (sample: SampledLayer | undefined): string =>
  sample === undefined ? '' : `${digits(sample.mean, 'nearest')}, at most ${digits(sample.largest, 'nearest')}`;
