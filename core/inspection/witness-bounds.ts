import type { Norm } from '../bound.ts';
import type { Engine } from '../compute/engine.ts';
import type { Work } from '../compute/work.ts';
import { certifiedQuotient } from '../estimators/witness/certify.ts';
import { openForward } from '../estimators/witness/forward.ts';
import { searchWitness, type Candidate } from '../estimators/witness/search.ts';
import type { Network } from '../network/network.ts';
import { moveInside, type Region } from '../region.ts';
import type { LowerEnd } from '../report/inspection.ts';

export interface WitnessQuestion {
  readonly network: Network;
  readonly output: string;
  readonly region: Region;
  readonly norm: Norm;
  readonly engine: Engine;
}

/** Of the time for witnesses, what proving may take from searching. */
const provingShare = 0.3;

/**
 * Lower ends: the engine searches in float32, then the best pair is proved in doubles. A pair that cannot be proved (an operator
 * without enclosure) still counts, as numerical.
 */
export async function* witnessBounds(question: WitnessQuestion, work: Work): AsyncGenerator<LowerEnd> {
  await using forward = await openForward(question.network, question.output, question.engine);
  const total = work.remainingSeconds();
  const searching: Work = {
    ...work,
    breathe: () => work.breathe(),
    remainingSeconds: () => Math.max(0, work.remainingSeconds() - provingShare * total),
  };
  let best: Candidate | undefined;
  let proved = 0;
  for await (const candidate of searchWitness(forward, question.region, question.norm, searching)) {
    best = candidate;
    // Early and cheap: a first proof as soon as there is anything to prove.
    if (proved === 0) {
      const end = await prove(question, candidate, [1], work);
      if (end === undefined) yield numerical(candidate);
      else {
        proved = end.value;
        yield end;
      }
    }
  }
  if (best === undefined) return;
  const end = await prove(question, best, [1, 0.3, 0.1, 0.01, 3], work);
  if (end !== undefined) yield end;
  else if (proved === 0) yield numerical(best);
}

const numerical = ({ x, y, quotient }: Candidate): LowerEnd => ({
  value: quotient,
  method: 'ascent',
  rigor: 'numerical',
  witness: { x: [...x], y: [...y] },
});

/** The certified quotient of the pair; the step is also tried longer and shorter, which in doubles loses nothing to rounding. */
async function prove(
  { network, output, region, norm }: WitnessQuestion,
  { x, y }: Candidate,
  stretches: readonly number[],
  work: Work,
): Promise<LowerEnd | undefined> {
  let best: LowerEnd | undefined;
  for (const stretch of stretches) {
    if (best !== undefined && work.remainingSeconds() <= 0) break;
    const end =
      stretch === 1
        ? y
        : moveInside(
            region,
            x.map((value, i) => value + stretch * (y[i]! - value)),
          );
    const witness = { x: [...x], y: [...end] };
    const value = await certifiedQuotient(network, output, witness, norm, work);
    if (value !== undefined && value > (best?.value ?? 0))
      best = { value, method: 'ascent', rigor: 'certified', witness };
  }
  return best;
}
