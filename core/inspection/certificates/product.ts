import { compose, type Composition } from '../../estimators/composition/product.ts';
import type { CertificateVerifier, ClaimContext } from './verifier.ts';

/** The product of the layers' constants as the file states them; each of those is checked on its own. */
export function statedProduct({ inspection, norm, prepared, nodes, blocks }: ClaimContext): Composition {
  const uppers = new Map(inspection.layers.map(({ id, norms }) => [id, norms[norm]?.upper]));
  const closed = new Map(nodes.map(({ node, closed: own }) => [node.id, own[norm]?.upper]));
  const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
  return compose(
    prepared.analysed,
    prepared.output,
    norm,
    rules,
    (id) => uppers.get(id) ?? closed.get(id) ?? Number.POSITIVE_INFINITY,
    blocks,
  );
}

export const productVerifier: CertificateVerifier = {
  kind: 'product',
  check({ value }, context) {
    const { upper } = statedProduct(context);
    if (!('value' in upper)) return { verdict: 'refuted', detail: 'The rules of its operators give no finite bound.' };
    return {
      verdict: value >= upper.value * (1 - 1e-12) ? 'confirmed' : 'refuted',
      detail: `The constants of the layers multiply to ${upper.value}; the inspection says ${value}.`,
    };
  },
};
