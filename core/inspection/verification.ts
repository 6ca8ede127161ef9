/** The result of re-checking an inspection by another route than the one that found it. */
export interface Verification {
  readonly passed: boolean;
  readonly checks: readonly Check[];
}

export interface Check {
  /** "witness of the l2 lower end", "l2 norm of layer1.0.conv1" */
  readonly claim: string;
  readonly verdict: 'confirmed' | 'refuted' | 'not checked';
  /** One sentence: what was recomputed and what came out. */
  readonly detail: string;
}
