/** One point of a map, looked at closely. */
export interface MapPin {
  /** In the plane. */
  readonly at: readonly [u: number, v: number];
  /** In the input. */
  readonly point: readonly number[];
  readonly outputs: readonly number[];
  /** The place of the largest output; of a single one whether it is above 0. */
  readonly decision: number;
  /** Row by row; null where it is too large to be written down, or has no derivative rule. */
  readonly jacobian: readonly (readonly number[])[] | null;
  /** The norm of the Jacobian at this point, as computed. */
  readonly slope: number | null;
  readonly radius: { readonly l2: PinRadius | null; readonly linf: PinRadius | null };
  readonly witness: PinWitness | null;
}

/** Certified: no point that is closer than this is decided otherwise. 0 where nothing could be proved. */
export interface PinRadius {
  /** The smallest of margin over constant of (decided output - other), over all other outputs, with constants of the whole space. */
  readonly global: number;
  /** The same with constants of the ball itself. */
  readonly local: number;
}

/** Two inputs and how much farther apart their outputs are, in float64. */
export interface PinWitness {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly quotient: number;
}
