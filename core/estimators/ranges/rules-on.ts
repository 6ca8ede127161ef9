import type { Network } from '../../network/network.ts';
import { ruleOf } from '../../operators/rule-of.ts';
import type { LightRule } from '../composition/product.ts';
import { rangesOf, type Enclosures } from './enclose-network.ts';
import type { RuledNode } from './ranges-on.ts';

/** The rules once more, now that it is known what values can arrive. Affine ones do not ask. */
export const rulesOn = (network: Network, nodes: readonly RuledNode[], boxes: Enclosures): RuledNode[] =>
  nodes.map((known) => {
    const ranges = known.rule.kind === 'affine' ? undefined : rangesOf(network, known.node, boxes);
    return ranges === undefined ? known : { ...known, rule: light(ruleOf(network, known.node, ranges)) };
  });

const light = (rule: ReturnType<typeof ruleOf>): LightRule =>
  rule.kind === 'affine' ? { kind: 'affine', input: rule.input } : rule;

/** The nodes that depend on the input, with rules that are known and what applying them takes. */
export const ruledNodes = (network: Network, rules: ReadonlyMap<string, LightRule>): RuledNode[] =>
  network.nodes.flatMap((node) => {
    const rule = rules.get(node.id);
    if (rule === undefined) return [];
    const full = rule.kind === 'affine' ? ruleOf(network, node) : undefined;
    return [{ node, rule, products: full?.kind === 'affine' ? full.map.rows * full.map.terms : 0 }];
  });
