import type { Norm } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import { elementCount } from '../../network/tensor.ts';
import { type BoundMethod, type BoundQuestion, hasFiniteRules } from '../conductor/method.ts';
import { largestChange, largestTotal } from './by-columns.ts';
import { expansionOf, type Expansion } from './expansion.ts';
import { stepsOf } from './steps.ts';
import { expandedBound, isTrusted, pathBound } from './value.ts';

/** Elements that are sent through the network one by one: about a second's worth for small layers. */
const mostSources = 20_000;
/** Multiplications of one expansion: some ten seconds; less for l2, where it is seldom the best. */
const mostWork = { l1: 4e9, linf: 4e9, l2: 1e8 };

type Part = Pick<BoundQuestion, 'analysed' | 'input' | 'output' | 'rules'>;

/** What `verify` rebuilds as well. */
export function centredExpansion({ analysed, input, output, rules }: Part, norm: Norm): Expansion | undefined {
  const size = analysed.types.get(input);
  const steps = size === undefined ? undefined : stepsOf(analysed, input, output, rules, 'centred');
  if (size === undefined || steps === undefined) return undefined;
  const expansion = expansionOf(steps, input, elementCount(size.shape), output, mostSources);
  return expansion === undefined || expansion.cost > mostWork[norm] ? undefined : expansion;
}

export async function pathsOf(
  { analysed, input, output, rules }: Part,
  norm: Norm,
  work: Work,
): Promise<number | undefined> {
  const steps = stepsOf(analysed, input, output, rules, 'whole');
  const [from, to] = [analysed.types.get(input), analysed.types.get(output)];
  if (steps === undefined || from === undefined || to === undefined) return undefined;
  const ends = {
    input: { name: input, size: elementCount(from.shape) },
    output: { name: output, size: elementCount(to.shape) },
  };
  return pathBound(steps, ends.input, ends.output, norm, work);
}

/** Every path from an input to an output, with absolute values: better than the product of norms in l1 and linf, and as fast. */
export const absoluteProducts: BoundMethod = {
  name: 'absolute-products',
  activity: 'Adding up all paths',
  pace: 'quick',
  applies: (question) => question.norm !== 'l2' && hasFiniteRules(question),
  async *run(question, work) {
    const value = await pathsOf(question, question.norm, work);
    if (value === undefined || !isTrusted(value)) return;
    const certificate = { kind: 'absolute-products' } as const;
    yield { side: 'upper', rigor: 'certified', value, method: 'absolute-products', certificate };
  },
};

/**
 * Around the middle of all slopes the network is linear, so that branches and layers may cancel; only what the slopes deviate from their
 * middle is added up with absolute values. For l2 by way of l1 and linf.
 */
export const centreExpansion: BoundMethod = {
  name: 'centre-expansion',
  activity: 'Expanding around the middle slopes',
  pace: 'patient',
  // On a region the local expansion says the same and more.
  applies: (question) => question.region.kind === 'all' && hasFiniteRules(question),
  async *run(question, work) {
    const expansion = centredExpansion(question, question.norm);
    if (expansion === undefined) return;
    const value = await expandedBound(expansion, { largestChange, largestTotal }, question.norm, work);
    if (value === undefined || !isTrusted(value)) return;
    const certificate = { kind: 'centre-expansion' } as const;
    yield { side: 'upper', rigor: 'certified', value, method: 'centre-expansion', certificate };
  },
};
