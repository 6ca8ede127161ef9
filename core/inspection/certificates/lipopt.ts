import { Pace } from '../../compute/linear-algebra/pace.ts';
import { boundAroundMiddles } from '../../estimators/lipopt/bounds.ts';
import { decoded } from '../../estimators/lipopt/certificate.ts';
import { handelmanBound } from '../../estimators/lipopt/handelman.ts';
import { isTooLarge, rowChainOf } from '../../estimators/lipopt/method.ts';
import { leftOut, pathsOf, polynomialOfRow, sizesOf } from '../../estimators/lipopt/path-polynomial.ts';
import { above } from '../../rounding.ts';
import type { CertificateVerifier } from './verifier.ts';

/** Two sums of the same numbers in another order, rounded outward each time. */
const granted = 1e-9;

/** Every row anew: with what its paths were given, the coefficients of Handelman's products are written out monomial by monomial. */
export const lipOptVerifier: CertificateVerifier = {
  kind: 'lipopt',
  async check({ value, certificate }, { norm, region, prepared: { analysed, input, output }, nodes }, work) {
    const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
    const chain = region.kind === 'all' ? rowChainOf({ norm, analysed, input, output, rules }) : undefined;
    if (chain === undefined || isTooLarge(chain))
      return { verdict: 'refuted', detail: 'LiPopt is for l1 and l∞ of networks that are one line, on all inputs.' };
    const rows = rowsOf(certificate['rows']);
    if (rows === undefined) return { verdict: 'refuted', detail: 'Numbers for some rows are expected.' };
    const pace = new Pace(work, 'unlimited');
    const count = pathsOf(sizesOf(chain)) * (2 ** chain.layers.length - 2);
    let largest = 0;
    for (let row = 0; row < chain.layers.at(-1)!.rows; row++) {
      const polynomial = polynomialOfRow(chain, row);
      const text = rows.get(row);
      const given = text === undefined ? undefined : decoded(text, count);
      if (text !== undefined && given === undefined)
        return { verdict: 'refuted', detail: `${count} numbers are expected for row ${row}.` };
      const bound =
        given === undefined ? boundAroundMiddles(polynomial) : await handelmanBound(polynomial, given, pace);
      // Not a number is no bound.
      if (!(bound <= Number.MAX_VALUE)) return { verdict: 'refuted', detail: `Nothing is proved of row ${row}.` };
      largest = Math.max(largest, bound);
      if (pace.due(count)) await pace.rest();
    }
    const again = above(largest + leftOut(chain));
    return {
      verdict: value >= again * (1 - granted) ? 'confirmed' : 'refuted',
      detail: `With the polynomial of every row written out anew it is ${again}; the inspection says ${value}.`,
    };
  },
};

function rowsOf(value: unknown): ReadonlyMap<number, string> | undefined {
  if (!Array.isArray(value)) return undefined;
  const rows = new Map<number, string>();
  for (const own of value as readonly unknown[]) {
    if (typeof own !== 'object' || own === null || !('row' in own) || !('given' in own)) return undefined;
    if (typeof own.row !== 'number' || typeof own.given !== 'string') return undefined;
    rows.set(own.row, own.given);
  }
  return rows;
}
