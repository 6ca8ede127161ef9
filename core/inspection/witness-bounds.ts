import type { CertifiedLower, Norm, WeakerBound } from '../bound.ts';
import type { Work } from '../compute/work.ts';
import type { BoundMethod, SharedWork } from '../estimators/conductor/method.ts';
import { enclosedImage, quotientOfImages } from '../estimators/witness/certify.ts';
import type { Forward } from '../estimators/witness/forward.ts';
import type { Candidate } from '../estimators/witness/differences.ts';
import { promiseOf, searchWitness } from '../estimators/witness/search.ts';
import type { Network } from '../network/network.ts';
import { moveInside, type Region } from '../region.ts';

export interface WitnessQuestion {
  readonly network: Network;
  readonly output: string;
  readonly region: Region;
  readonly norm: Norm;
  readonly forward: Forward;
  /** What enclosing the image of one point is expected to take; a proof needs two. */
  readonly imageSeconds: number;
  /** Where to begin, beside points drawn at random. */
  readonly starts?: readonly Float64Array[];
}

export type WitnessBound = CertifiedLower | WeakerBound;

/** The search as one of the methods that share the budget. */
export const witnessSearch = (
  forward: Forward,
  imageSeconds: number,
  starts: readonly Float64Array[],
): BoundMethod => ({
  name: 'ascent',
  activity: 'Looking for a witness',
  pace: 'patient',
  applies: () => true,
  run: ({ runnable: network, output, region, norm }, work) =>
    witnessBounds({ network, output, region, norm, forward, imageSeconds, starts }, work),
});

/** A proof that takes moments is finished also when the budget has just run out: certified says so much more than numerical. */
const graceSeconds = 0.25;

/** Of the time for witnesses: what proofs on the way may take when a pair says clearly more than the one proved before, or a little more; and what is kept for the last one. */
const worthProving = [
  { gain: 1.1, share: 0.3 },
  { gain: 1.002, share: 0.1 },
] as const;
const lastProof = 0.2;
/** The last one tries more steps than those on the way. */
const proofs = 3;

/**
 * Lower ends: the engine searches in float32, then the best pair is proved in doubles. A pair that cannot be proved (an operator
 * without enclosure) still counts, as numerical.
 */
export async function* witnessBounds(question: WitnessQuestion, work: SharedWork): AsyncGenerator<WitnessBound> {
  const total = work.remainingSeconds();
  const now = (): number => work.turns?.seconds() ?? performance.now() / 1000;
  const begun = now();
  const searching: Work = {
    ...work,
    breathe: () => work.breathe(),
    remainingSeconds: () =>
      Math.max(
        0,
        work.remainingSeconds() - Math.max(Math.min(lastProof * total, proofs * seconds), 2 * question.imageSeconds),
      ),
  };
  let best: Candidate | undefined;
  let proved: Candidate | undefined;
  let proving = 0;
  let seconds = 2 * question.imageSeconds;
  const affordable = (): boolean => seconds <= Math.max(graceSeconds, work.remainingSeconds());
  for await (const candidate of searchWitness(question, searching)) {
    best = candidate;
    work.turns?.expect('lower', promiseOf(candidate), seconds);
    // What no more is than what others have shown before waits for better. Then the first is proved at once; later ones when they say more and proving has not taken more than its share.
    if (promiseOf(candidate) <= (work.turns?.standing().lower ?? 0)) continue;
    const [elapsed, gain] = [now() - begun, promiseOf(candidate) / promiseOf(proved)];
    if (proved !== undefined && !worthProving.some((worth) => gain >= worth.gain && proving <= worth.share * elapsed))
      continue;
    if (!affordable()) {
      if (proved === undefined) yield numerical(candidate);
      continue;
    }
    const before = now();
    yield (await prove(question, candidate, [1, 0.1, 0.01], work)) ?? numerical(candidate);
    seconds = now() - before;
    proving += seconds;
    proved = candidate;
  }
  if (best === undefined) return;
  yield (
    (affordable() ? await prove(question, best, [1, 0.3, 0.1, 0.01, 0.001, 3], work) : undefined) ?? numerical(best)
  );
}

const numerical = ({ x, y, quotient }: Candidate): WitnessBound => ({
  side: 'lower',
  value: quotient,
  method: 'ascent',
  rigor: 'numerical',
  witness: { x: [...x], y: [...y] },
});

function withGrace(work: Work): Work {
  const start = performance.now();
  const grace = (): number => graceSeconds - (performance.now() - start) / 1000;
  return { ...work, breathe: () => work.breathe(), remainingSeconds: () => Math.max(work.remainingSeconds(), grace()) };
}

/** Of the slope at the point: closer to it no other step comes, or none that is worth another image; small networks go on for the last digits. */
const nearlyAll = { atOnce: 1 - 1e-6, dear: 0.999 };
const dearSeconds = 0.1;

/**
 * The certified quotient of the pair; the step is also tried longer and shorter, which in doubles loses nothing to rounding, as long
 * as the budget allows another image as dear as the first.
 */
async function prove(
  { network, output, region, norm }: WitnessQuestion,
  { x, y, slope = Number.POSITIVE_INFINITY }: Candidate,
  stretches: readonly number[],
  work: Work,
): Promise<CertifiedLower | undefined> {
  let best: CertifiedLower | undefined;
  const proving = withGrace(work);
  const start = performance.now();
  const fx = await enclosedImage(network, output, [...x], proving);
  const seconds = (performance.now() - start) / 1000;
  if (fx === undefined) return undefined;
  const enough = seconds < dearSeconds ? nearlyAll.atOnce : nearlyAll.dear;
  for (const stretch of stretches) {
    if (proving.remainingSeconds() < seconds || (best !== undefined && best.value >= enough * slope)) break;
    const end =
      stretch === 1
        ? y
        : moveInside(
            region,
            x.map((value, i) => value + stretch * (y[i]! - value)),
          );
    const witness = { x: [...x], y: [...end] };
    const fy = await enclosedImage(network, output, witness.y, proving);
    const value = fy && quotientOfImages(witness, fx, fy, norm);
    if (value !== undefined && value > (best?.value ?? 0))
      best = { side: 'lower', value, method: 'ascent', rigor: 'certified', witness };
  }
  return best;
}
