import type { Draft } from '../composites/draft.ts';
import type { NodeFacts, Ranges } from '../definition.ts';
import type { Profile } from './profile.ts';

/**
 * How a kink is replaced. one-sided: as Roulet and Harchaoui print it, the smooth layer never lies above the kink of a ReLU. centred: the
 * same, shifted so that half the error lies on either side. balanced: the ramp of the slope lies around the kink instead of to its right.
 */
export type SmoothingVariant = 'one-sided' | 'centred' | 'balanced';
export const smoothingVariants: readonly SmoothingVariant[] = ['one-sided', 'centred', 'balanced'];

/**
 * A smooth layer in the place of one with kinks, for any width nu > 0: its distance from the layer is proportional to the width, the Lipschitz constant of
 * its gradient to 1 / width. Its slopes lie between those of the layer, so whatever bounds the layer's constant bounds its own.
 */
export interface Smoothing {
  /** The output moves by at most accuracy * width, in l2 over all units together. */
  readonly accuracy: number;
  /** The gradient's Lipschitz constant, from l2 to the spectral norm, is at most curvature / width + smooth. */
  readonly curvature: number;
  readonly smooth: number;
  /** Between which ends each entry of the output moves, in widths; 0 lies in between. */
  readonly each: readonly [number, number];
  /** What becomes of its kinks, one picture each; absent where they have no simple one. */
  readonly profiles?: readonly Profile[];
  /** Output units that move. */
  readonly units: number;
  /** A value of what arrives at which the smooth layer bends for widths that are small; undefined where no single one is known. */
  readonly knot?: number;
  /** Slopes of points so many widths away can be mixed. */
  readonly reach: number;
  /** The smooth output in operators that every ONNX runtime has. `output` is the layer's own. */
  readonly write: (draft: Draft, output: string, width: number) => string;
}

/** The smoothing of an operator at a node; in words where this use of it has none, undefined where there is no kink to smooth. */
export type SmoothingRule = (
  facts: NodeFacts,
  variant: SmoothingVariant,
  ranges: Ranges | undefined,
) => Smoothing | string | undefined;
