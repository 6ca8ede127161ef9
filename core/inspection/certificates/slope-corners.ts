import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import { leftOut } from '../../estimators/lipopt/path-polynomial.ts';
import { RowCornerSearch } from '../../estimators/slope-corners/corner-search.ts';
import { cornerChainOf } from '../../estimators/slope-corners/method.ts';
import { below } from '../../rounding.ts';
import type { CertificateVerifier } from './verifier.ts';

/**
 * The polynomials are read from the output to the input, so that their bounds are other sums, and the search is made again, which now knows what it has to prove. A corner that is larger ends it at once.
 */
export const slopeCornersVerifier: CertificateVerifier = {
  kind: 'slope-corners',
  async check({ value }, { norm, region, prepared: { analysed, input, output }, nodes }, work) {
    const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
    const chain = region.kind === 'all' ? cornerChainOf({ norm, analysed, input, output, rules }) : undefined;
    if (chain === undefined)
      return {
        verdict: 'refuted',
        detail: 'Corners of slopes are for l1 and l∞ of networks that are one line and not too large, on all inputs.',
      };
    const claim = below(value - leftOut(chain));
    const search = new RowCornerSearch(chain, 'backwards', claim);
    const pace = new Pace(work);
    try {
      await search.begin(pace);
      while (!search.isDone && search.found <= claim) await search.cut(pace);
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      return { verdict: 'not checked', detail: 'The time for checking was over before all corners were bounded.' };
    }
    if (search.upper <= claim)
      return {
        verdict: 'confirmed',
        detail: `No corner of the slopes is above ${value}, read from the output to the input.`,
      };
    if (search.isFull && search.found <= claim)
      return {
        verdict: 'not checked',
        detail: 'Read from the output to the input, there are more corners to bound than memory allows.',
      };
    return {
      verdict: 'refuted',
      detail: `Corners of the slopes reach ${search.found}; the inspection says ${value}.`,
    };
  },
};
