import type { Bound, CertifiedLower } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import { elementCount } from '../../network/tensor.ts';
import { type BoundMethod, type BoundQuestion, hasFiniteRules } from '../conductor/method.ts';
import { certifiedQuotient } from '../witness/certify.ts';
import { exactConstant, type ExactInterval } from './branch-and-bound.ts';
import { mostInputs, programOf } from './graph.ts';

const name = 'activation-regions';

/**
 * Branch and bound over the activation regions of a small piecewise-linear network. Given time, both ends meet: the largest Jacobian is
 * found, and proved to be the largest.
 */
export const activationRegions: BoundMethod = {
  name,
  activity: 'Going through the activation regions',
  pace: 'patient',
  applies: ({ analysed, input, ...question }) =>
    elementCount(analysed.types.get(input)?.shape ?? []) <= mostInputs && hasFiniteRules(question),
  async *run(question, work) {
    const { analysed, input, output, norm, region } = question;
    const program = programOf(analysed, input, output);
    if (program === undefined) return;
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    for await (const { lower, upper, cells } of exactConstant(program, norm, region, work)) {
      if (lower.value > most * (1 + 1e-9)) {
        most = lower.value;
        const proved = await provedWitness(question, lower, work);
        if (proved !== undefined) yield proved;
      }
      if (upper.value >= least) continue;
      least = upper.value;
      const certificate = { kind: 'activation-regions', cells } as const;
      yield { side: 'upper', rigor: 'certified', value: least, method: name, certificate } satisfies Bound;
    }
  },
};

async function provedWitness(
  { runnable, output, norm }: BoundQuestion,
  { pair }: ExactInterval['lower'],
  work: Work,
): Promise<CertifiedLower | undefined> {
  if (pair === undefined) return undefined;
  const witness = { x: [...pair.x], y: [...pair.y] };
  const value = await certifiedQuotient(runnable, output, witness, norm, work);
  return value === undefined ? undefined : { side: 'lower', rigor: 'certified', value, method: name, witness };
}
