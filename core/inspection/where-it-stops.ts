import type { Unsupported } from '../bound.ts';
import type { Composition } from '../estimators/composition/product.ts';
import type { Network } from '../network/network.ts';
import type { LipschitzInterval } from '../report/inspection.ts';
import type { AnalysedNode } from './layers.ts';

type Stop = Exclude<Composition['upper'], { readonly value: number }>;

/** The node by the operator that the file gives it: a layer that was recognised stands under the name of one of its nodes. */
export function inTheFile({ nodes }: Network, reason: Stop): Stop {
  const named = <T extends { readonly node: string; readonly op: string }>(at: T): T => {
    const node = nodes.find(({ id }) => id === at.node);
    return node === undefined ? at : { ...at, op: node.op };
  };
  return 'unbounded' in reason ? { unbounded: named(reason.unbounded) } : { unsupported: named(reason.unsupported) };
}

/** Where nothing is known of a node because of another before it, that other one is the answer. */
export function unsupportedNodes(all: readonly AnalysedNode[], upper: LipschitzInterval['upper']): Unsupported[] {
  const nodes = all.flatMap(({ node, rule }) =>
    rule.kind === 'unsupported' && rule.follows !== true ? [{ node: node.id, op: node.op, reason: rule.reason }] : [],
  );
  if (!('unsupported' in upper) || nodes.some(({ node }) => node === upper.unsupported.node)) return nodes;
  return [upper.unsupported, ...nodes];
}
