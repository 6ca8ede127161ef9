import type { Norm } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import type { Network } from '../../network/network.ts';
import { elementCount, isFloating } from '../../network/tensor.ts';
import type { Region } from '../../region.ts';
import { openStretch, type Stretch } from '../jacobian/stretch.ts';
import { Ascent, type Climber } from './ascent.ts';
import { DifferenceSearch, type Candidate } from './differences.ts';
import type { Forward } from './forward.ts';
import { seeded } from './random.ts';

export interface SearchQuestion {
  readonly network: Network;
  readonly output: string;
  readonly forward: Forward;
  readonly region: Region;
  readonly norm: Norm;
  /** Where to begin, beside points drawn at random. */
  readonly starts?: readonly Float64Array[];
}

/** After so many rounds in a row, and so long, that nothing better was found, more searching is not worth its time. */
const idleRounds = 40;
const idleSeconds = 3;

/**
 * Searches for two points that the network moves apart most. First a few samples, so that there is a lower end at once; then ascent on
 * the norm of the Jacobian by the network's derivative, or by differences where a derivative is missing. Yields every improvement.
 */
export async function* searchWitness(question: SearchQuestion, work: Work): AsyncGenerator<Candidate> {
  const { forward, region, norm } = question;
  const differences = new DifferenceSearch(forward, region, norm, work);
  const patience = new Patience(work);
  // Taken in any case: an interval that begins at 0 helps nobody.
  let best = await differences.sample(0);
  if (best !== undefined) yield best;
  await using stretch = await openedStretch(question, work);
  const attempts =
    stretch === undefined ? byDifferences(differences, () => best) : byDerivative(stretch, differences, question, work);
  for await (const candidate of attempts) {
    if (candidate !== undefined && promiseOf(candidate) > promiseOf(best)) {
      patience.gained(promiseOf(candidate) / promiseOf(best));
      best = candidate;
      yield candidate;
    } else patience.lost();
    if (patience.isOver) return;
  }
}

/** What a proof in doubles can hope for. */
export const promiseOf = (candidate: Candidate | undefined): number =>
  candidate === undefined ? 0 : Math.max(candidate.quotient, candidate.slope ?? 0);

/** Every pass over it is a round; undefined stands for one that found nothing. */
type Attempts = AsyncGenerator<Candidate | undefined>;

async function* byDerivative(
  stretch: Stretch,
  differences: DifferenceSearch,
  { region, starts = [] }: SearchQuestion,
  work: Work,
): Attempts {
  let told = 0;
  let untold: Climber | undefined;
  for await (const climber of new Ascent(stretch, region, work, seeded(1)).rounds(starts)) {
    untold = climber ?? untold;
    // A small gain waits for a larger one, or for the end of its round.
    if (untold !== undefined && untold.stretch > (climber === undefined ? 1 : 1.01) * told) {
      told = untold.stretch;
      const candidate = await differences.along(untold);
      untold = undefined;
      if (candidate !== undefined) yield candidate;
    }
    if (climber === undefined) yield undefined;
  }
}

async function* byDifferences(differences: DifferenceSearch, best: () => Candidate | undefined): Attempts {
  for (let start = 0; ; start++) {
    yield* differences.ascend(start % 3 !== 2 || best() === undefined ? await differences.sample(start) : best());
    yield undefined;
  }
}

class Patience {
  readonly #work: Work;
  #idle = 0;
  #gainedAt: number;

  constructor(work: Work) {
    this.#work = work;
    this.#gainedAt = work.remainingSeconds();
  }

  gained(ratio: number): void {
    if (!(ratio > 1.0005)) return;
    this.#idle = 0;
    this.#gainedAt = this.#work.remainingSeconds();
  }

  lost(): void {
    this.#idle++;
  }

  get isOver(): boolean {
    const left = this.#work.remainingSeconds();
    return left <= 0 || (this.#idle >= idleRounds && this.#gainedAt - left > idleSeconds);
  }
}

/** Weights per second that a derivative is written and loaded with, at the least. */
const weightsPerSecond = 4e6;
/** Of the largest tensor times the points of one step, so that a step is over in moments. */
const elementsPerStep = 2 ** 16;

async function openedStretch(
  { network, output, forward, norm, region }: SearchQuestion,
  work: Work,
): Promise<Stretch | undefined> {
  const weights = [...network.constants.values()].reduce(
    (count, { type, shape }) => count + (isFloating(type) ? elementCount(shape) : 0),
    0,
  );
  if (weights > weightsPerSecond * work.remainingSeconds()) return undefined;
  const largest = Math.max(...[...network.types.values()].map(({ shape }) => elementCount(shape)));
  const batch = Math.min(forward.batch, 64, Math.max(8, Math.floor(elementsPerStep / largest)));
  await work.breathe();
  try {
    const stretch = await openStretch({ network, output, norm, batch, region }, work.engine);
    return 'missing' in stretch ? undefined : stretch;
  } catch {
    // ONNX Runtime refuses the graph of the derivative: differences remain.
    return undefined;
  }
}
