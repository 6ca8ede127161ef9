import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import { decoded } from '../../estimators/multipliers/certificate.ts';
import { Replay } from '../../estimators/multipliers/replay.ts';
import { provesAgain, type SecondProof } from '../../estimators/multipliers/second-proof.ts';
import type { Check } from '../verification.ts';
import type { CertificateVerifier } from './verifier.ts';

/** Sums taken in another order may eat what the first proof had to spare: so much more is tried where they do. What is proved then is said. */
const granted = 1e-9;

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
      return await checked(value, (bound) => provesAgain(replay, multipliers, bound, new Pace(work)));
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      return { verdict: 'not checked', detail: 'The time for checking was over before the proof was done.' };
    }
  },
};

/** A proof that rounding hides is no proof of the contrary. */
async function checked(value: number, proves: (bound: number) => Promise<SecondProof>): Promise<Omit<Check, 'claim'>> {
  const confirmed = (bound: number): Omit<Check, 'claim'> => ({
    verdict: 'confirmed',
    detail: `With these multipliers |f|² ≤ ${bound}² |x|²: the matrix that says so is positive semidefinite.`,
  });
  switch (await proves(value)) {
    case 'holds':
      return confirmed(value);
    case 'fails':
      return {
        verdict: 'refuted',
        detail: `With these multipliers the matrix that would prove ${value} is not positive semidefinite.`,
      };
    case 'too large':
      return { verdict: 'not checked', detail: 'The matrix of the second proof would be too large for memory.' };
    case 'open': {
      const enlarged = value * (1 + granted);
      if ((await proves(enlarged)) === 'holds') return confirmed(enlarged);
      return {
        verdict: 'not checked',
        detail: `Rounding hides whether the matrix that would prove ${value} with these multipliers is positive semidefinite.`,
      };
    }
  }
}
