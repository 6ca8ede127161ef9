import type { Bound } from '../../bound.ts';
import { Pace } from '../../compute/linear-algebra/pace.ts';
import { up } from '../../rounding.ts';
import type { SharedWork } from '../conductor/method.ts';
import { enlargements, proofReserve } from '../conductor/prospect.ts';
import { encoded } from './certificate.ts';
import type { Iterate } from './descent.ts';
import { groupsOf, type NormalForm } from './normal-form.ts';
import { provesBound } from './proof.ts';
import type { SearchProblem } from './search-problem.ts';

const briefProof = 0.2;

/** In the logarithm of the bound: what is better by less is not worth another proof. */
const worthProving = 0.01;
/** A proof is worth what the search would find in so many times its seconds: at a steady pace it takes a quarter of the time. */
const proofPrice = 3;
/** Of the time that is left, what passes at most before something is proved. */
const longestSilence = 0.25;

/** Turns iterates into certified bounds: good ones once the search gets slower than proofs, the last one in the end. */
export class Prover {
  readonly #form: NormalForm;
  readonly #work: SharedWork;
  readonly #method: string;
  readonly #begun: number;
  /** How many enlargements were too small before: they will be so again. */
  #enlarged = 0;
  #proved = Number.POSITIVE_INFINITY;
  #best: { readonly iterate: Iterate; readonly problem: SearchProblem } | undefined;
  /** What a proof takes: at first, what everything took until there was something to prove. */
  #seconds = 0;
  /** When every better iterate came, and the logarithm of its bound. */
  readonly #found: { readonly at: number; readonly value: number }[] = [];

  constructor(form: NormalForm, work: SharedWork, method: string) {
    this.#form = form;
    this.#work = work;
    this.#method = method;
    this.#begun = this.#now();
  }

  async *offer(iterate: Iterate, problem: SearchProblem): AsyncGenerator<Bound> {
    if (this.#best !== undefined && iterate.square >= this.#best.iterate.square) return;
    this.#best = { iterate, problem };
    const value = Math.sqrt(iterate.square) * problem.outputScale;
    if (this.#found.length === 0) this.#seconds = this.#now() - this.#begun;
    this.#found.push({ at: this.#now(), value: Math.log(value) });
    this.#work.turns?.expect('upper', value, this.#seconds);
    if (this.#isDue(problem.outputScale)) yield* this.finish();
  }

  #isDue(outputScale: number): boolean {
    const [first, last] = [this.#found[0]!, this.#found.at(-1)!];
    const nothingProved = this.#proved === Number.POSITIVE_INFINITY;
    const proved = Math.log(Math.sqrt(this.#proved) * outputScale);
    const stands = Math.min(proved, Math.log(this.#work.turns?.standing().upper ?? Number.POSITIVE_INFINITY));
    const gain = stands - last.value;
    if (gain < worthProving) return false;
    if (gain === Number.POSITIVE_INFINITY) return true;
    const searched = last.at - first.at;
    if (nothingProved && searched >= longestSilence * this.#work.remainingSeconds()) return true;
    if (searched < this.#seconds) return false;
    const before = this.#found.findLast(({ at }) => at <= last.at - this.#seconds) ?? first;
    return gain >= proofPrice * (before.value - last.value);
  }

  /** In seconds of its own. */
  #now(): number {
    return this.#work.turns?.seconds() ?? performance.now() / 1000;
  }

  /** Until there is time for one more proof, and hardly for anything else. */
  secondsLeft(): number {
    return Math.max(0, this.#work.remainingSeconds() - proofReserve * this.#seconds);
  }

  mustHurry(): boolean {
    return this.secondsLeft() <= 0;
  }

  /** Proves what is best by now. What was begun is ended, also when time is over. */
  async *finish(): AsyncGenerator<Bound> {
    if (this.#best === undefined) return;
    const { iterate: best, problem } = this.#best;
    if (best.square >= this.#proved * (1 - 1e-8)) return;
    const pace = new Pace(this.#work, 'unlimited');
    const begun = this.#now();
    // Where proofs take moments, every one begins with the least.
    if (this.#seconds < briefProof) this.#enlarged = 0;
    for (const enlargement of enlargements.slice(this.#enlarged)) {
      const square = best.square * (1 + enlargement);
      if (square >= this.#proved) return;
      const bound = up(Math.sqrt(square) * problem.outputScale);
      const multipliers = naturalMultipliers(best, problem, this.#form, 1 + enlargement);
      const holds = await provesBound(this.#form, multipliers, bound, pace);
      this.#seconds = this.#now() - begun;
      if (!holds) {
        this.#enlarged = Math.min(this.#enlarged + 1, enlargements.length - 1);
        continue;
      }
      this.#proved = square;
      yield {
        side: 'upper',
        rigor: 'certified',
        value: bound,
        method: this.#method,
        certificate: encoded(multipliers),
      };
      return;
    }
  }
}

/** The same multipliers in the order of the network, which the search changes for feature maps, or in that of the search. */
export function inOrder(iterate: Iterate, { orders }: SearchProblem, order: 'natural' | 'of the search'): Iterate {
  const multipliers = new Float64Array(iterate.multipliers.length);
  let start = 0;
  for (const own of orders) {
    for (const [searched, natural] of own.entries()) {
      const [to, from] = order === 'natural' ? [natural, searched] : [searched, natural];
      multipliers[start + to] = iterate.multipliers[start + from]!;
    }
    start += own.length;
  }
  return { ...iterate, multipliers };
}

/** In the network's own units and order, unit by unit; behind those of windows their theta. */
function naturalMultipliers(
  { multipliers, thetas }: Iterate,
  { scales, outputScale, orders }: SearchProblem,
  { units }: NormalForm,
  factor: number,
): Float64Array[] {
  let start = 0;
  return units.map((unit, at) => {
    const ratio = outputScale / scales[unit.block]!;
    const count = groupsOf(unit);
    const natural = new Float64Array(unit.law.kind === 'windows' ? count + 1 : count);
    orders[at]!.forEach((to, from) => (natural[to] = multipliers[start + from]! * factor * ratio * ratio));
    if (unit.law.kind === 'windows') natural[count] = thetas[at] ?? 0;
    start += count;
    return natural;
  });
}
