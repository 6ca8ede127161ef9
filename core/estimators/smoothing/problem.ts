import type { ParameterStep } from './by-parameters.ts';
import type { Profile } from '../../operators/smoothings/profile.ts';

/**
 * Everything that the answer to a smoothing question rests on, apart from the accuracy: plain numbers, so that an answer for another accuracy is a closed form that the panel
 * evaluates by itself. null stands for infinite.
 */
export interface SmoothingProblem {
  /** Layers that are not linear, in the order of the network: those with kinks, and those that are smooth already. */
  readonly layers: readonly NonlinearLayer[];
  /** With the weights of the file. */
  readonly weights: SmoothingConstants;
  /** With the norms of the parameters in place of the layers' own, as the paper has it. */
  readonly radii: SmoothingConstants;
  /** Whether every layer's norm is at most what its radius allows: only then do bounds by radii hold for the weights of the file. */
  readonly radiiHold: boolean;
  /** Sizes of the layers' outputs in l2, where a region bounds them; the last is the network's own. */
  readonly bounds: readonly Finite[];
  /** Floating type in which the widths are written. */
  readonly precision: 'float32' | 'float64';
  /** Layers with parameters, in order, with their radii. */
  readonly parameters: readonly ParameterRadius[];
  /** Whether layers with parameters follow after the last kink: the paper's rule counts them as a composition. */
  readonly endsInParameters: boolean;
  /** The network as a function of its parameters, where a region says how large its inputs are. */
  readonly ofParameters?: OfParameters;
}

export interface OfParameters {
  /** No input is longer, in l2. */
  readonly largestInput: number;
  readonly steps: readonly ParameterStep[];
}

export type Finite = number | null;

export interface ParameterRadius {
  readonly id: string;
  readonly name: string;
  readonly radius: number;
}

export interface NonlinearLayer {
  readonly id: string;
  readonly name: string;
  readonly op: string;
  /** The tensor that leaves it. */
  readonly tensor: string;
  /** Output units that the smoothing moves; 0 for a layer that is smooth already. */
  readonly units: number;
  /** See `Smoothing`: the output moves by accuracy * width, its gradient's constant is curvature / width + smooth. 0 for a layer that is smooth already. */
  readonly accuracy: number;
  readonly curvature: number;
  /** Its kinks before and after, in widths. */
  readonly profiles?: readonly Profile[];
  /** On a region the bounds hold for widths up to here; null where they hold for all. */
  readonly widest: Finite;
  /** Another layer that has to have the same width: the two halves of a sorted pair. */
  readonly tied?: number;
}

/** Certified constants of parts of the network, in l2. */
export interface SmoothingConstants {
  /** By layer: with which constant what arrives at it depends on the network's input. */
  readonly arriving: readonly Finite[];
  /** By layer: its output with respect to the network's input. */
  readonly lipschitz: readonly Finite[];
  /** By layer: the second derivative of its output where only it is bent, but for what depends on the width. */
  readonly fixed: readonly Finite[];
  /** By layer t and earlier layer s: the output of t with respect to a change of the output of s; 1 for s = t. */
  readonly onto: readonly (readonly Finite[])[];
  /** By layer: the network's output with respect to a change of the layer's output. */
  readonly downstream: readonly Finite[];
  /** By layer: see `Seen`. */
  readonly seen: readonly Seen[];
  /** The whole network. */
  readonly output: Finite;
}

/** What the output sees of a layer, as parts of its downstream constant times all of it: 1, or less where the single units were looked at. */
export interface Seen {
  /** Of how far the layer moves. */
  readonly move: number;
  /** Of how fast it bends. */
  readonly bend: number;
}

export const hasKink = ({ accuracy }: NonlinearLayer): boolean => accuracy > 0;
