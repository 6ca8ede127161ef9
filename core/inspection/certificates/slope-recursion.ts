import { DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import { provesBackward } from '../../estimators/slope-recursion/backward.ts';
import { chainOf } from '../../estimators/slope-recursion/chain.ts';
import type { CertificateVerifier } from './verifier.ts';

/** From the output to the input, where it was found from the input to the output. */
export const slopeRecursionVerifier: CertificateVerifier = {
  kind: 'slope-recursion',
  async check({ value, certificate }, { norm, prepared: { analysed, input, output }, nodes }, work) {
    const { ratios } = certificate;
    const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
    const chain = norm === 'l2' ? chainOf({ analysed, input, output, rules }) : undefined;
    if (chain === undefined)
      return { verdict: 'refuted', detail: 'This recursion is for the l2 norm of networks that are one line.' };
    if (!Array.isArray(ratios) || !ratios.every((ratio) => typeof ratio === 'number'))
      return { verdict: 'refuted', detail: 'A number for each activation is expected.' };
    const pace = new Pace(work);
    await using products = await DenseProducts.open(work.engine, pace);
    try {
      const holds = await provesBackward(chain, ratios, value, products, pace);
      return {
        verdict: holds ? 'confirmed' : 'refuted',
        detail: holds
          ? `Followed back from the output, these multipliers prove ${value}.`
          : `Followed back from the output, these multipliers do not prove ${value}.`,
      };
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      return { verdict: 'not checked', detail: 'The time for checking was over before the proof was done.' };
    }
  },
};
