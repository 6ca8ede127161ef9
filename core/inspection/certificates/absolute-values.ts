import type { Certificate } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import { largestChangeByRows, largestTotalByRows } from '../../estimators/absolute-values/by-rows.ts';
import { centredExpansion, pathsOf } from '../../estimators/absolute-values/method.ts';
import { expandedBound } from '../../estimators/absolute-values/value.ts';
import type { CertificateVerifier, ClaimContext } from './verifier.ts';

/** Two computations of one number that is rounded outward each time. */
const granted = 1e-9;

/** A bound that follows from the model alone: it is computed anew and compared. */
export const recomputed = (
  kind: Certificate['kind'],
  bound: (context: ClaimContext, work: Work) => Promise<number | undefined>,
): CertificateVerifier => ({
  kind,
  async check({ value }, context, work) {
    const again = await bound(context, work);
    if (again === undefined) return { verdict: 'refuted', detail: 'This method says nothing about such a network.' };
    return {
      verdict: value >= again * (1 - granted) ? 'confirmed' : 'refuted',
      detail: `Computed anew it is ${again}; the inspection says ${value}.`,
    };
  },
});

const partOf = ({ prepared: { analysed, input, output }, nodes }: ClaimContext) => ({
  analysed,
  input,
  output,
  rules: new Map(nodes.map(({ node, rule }) => [node.id, rule])),
});

export const absoluteProductsVerifier = recomputed('absolute-products', (context, work) =>
  pathsOf(partOf(context), context.norm, work),
);

/** By rows where it was found by columns: through the adjoints of all maps, so that no product is shared. */
export const centreExpansionVerifier = recomputed('centre-expansion', async (context, work) => {
  const expansion = centredExpansion(partOf(context), context.norm);
  const route = { largestChange: largestChangeByRows, largestTotal: largestTotalByRows };
  return expansion && expandedBound(expansion, route, context.norm, work);
});
