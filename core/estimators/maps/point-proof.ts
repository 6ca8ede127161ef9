/** Proves at points of the plane, with every rounding accounted for, what sampling only saw. Coordinates are those of the plane. */
export interface PointProof {
  /** Never above the norm of the Jacobian at (u, v), nor above its restriction where that is asked for; undefined on a kink. */
  slopeBelow(u: number, v: number): number | undefined;
  /** Never above the quotient of the pair. */
  quotientBelow(u: number, v: number, otherU: number, otherV: number): number | undefined;
}
