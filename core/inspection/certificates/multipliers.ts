import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import { decoded } from '../../estimators/multipliers/certificate.ts';
import { Replay } from '../../estimators/multipliers/replay.ts';
import { provesAgain } from '../../estimators/multipliers/second-proof.ts';
import type { CertificateVerifier } from './verifier.ts';

/** The multipliers are the proof: that they are one is computed anew, by another assembly and another factorisation. */
export const multipliersVerifier: CertificateVerifier = {
  kind: 'multipliers',
  async check({ value, certificate }, { norm, prepared: { analysed, input, output }, nodes }, work) {
    const text = certificate['multipliers'];
    if (norm !== 'l2' || typeof text !== 'string')
      return { verdict: 'refuted', detail: 'Multipliers are for the l2 norm, and come as base64.' };
    const replay = Replay.of(analysed, input, output, new Map(nodes.map(({ node, rule }) => [node.id, rule])));
    const multipliers = replay === undefined ? undefined : decoded(text, replay.multiplierCounts);
    if (replay === undefined || multipliers === undefined)
      return { verdict: 'refuted', detail: 'The multipliers are not as many as the network has nonlinear units.' };
    try {
      // Sums taken in another order may eat what the first proof had to spare.
      const holds = await provesAgain(replay, multipliers, value * (1 + 1e-9), new Pace(work));
      if (holds === undefined)
        return { verdict: 'not checked', detail: 'The matrix of the second proof would be too large for memory.' };
      return {
        verdict: holds ? 'confirmed' : 'refuted',
        detail: holds
          ? `With these multipliers |f|² ≤ ${value}² |x|²: the matrix that says so is positive semidefinite.`
          : `With these multipliers the matrix that would prove ${value} is not positive semidefinite.`,
      };
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      return { verdict: 'not checked', detail: 'The time for checking was over before the proof was done.' };
    }
  },
};
