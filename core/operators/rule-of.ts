import type { Network, Node } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { UserError } from '../sentence.ts';
import { brokenNumbers } from './broken-numbers.ts';
import type { LipschitzRule, Ranges } from './definition.ts';
import { factsOf } from './facts.ts';
import { operatorOf } from './index.ts';

/** Weights of a network whose affine maps are kept: 16 MB as doubles. Larger ones may be more than memory all together. */
const room = 2 ** 21;
const kept = new WeakMap<Network, { readonly rules: Map<Node, LipschitzRule>; free: number }>();

/**
 * The rule of a node; what is not understood is an answer too, with the reason in words. Affine rules do not look at ranges: those of small layers are made
 * once, since whoever looks at one region after the other asks for them again and again.
 */
export function ruleOf(network: Network, node: Node, ranges?: Ranges): LipschitzRule {
  const own = kept.get(network) ?? { rules: new Map<Node, LipschitzRule>(), free: room };
  kept.set(network, own);
  const before = own.rules.get(node);
  if (before !== undefined) return before;
  const rule = madeRule(network, node, ranges);
  if (rule.kind !== 'affine') return rule;
  const weights = node.inputs.reduce(
    (count, name) => count + elementCount(network.constants.get(name)?.shape ?? [0]),
    0,
  );
  if (weights > own.free) return rule;
  own.free -= weights;
  own.rules.set(node, rule);
  return rule;
}

function madeRule(network: Network, node: Node, ranges?: Ranges): LipschitzRule {
  const definition = operatorOf(node);
  if (definition === undefined && node.origin.untranslated !== undefined)
    return { kind: 'unsupported', reason: node.origin.untranslated };
  if (definition === undefined) {
    const domain = node.domain === '' ? '' : ` of the domain "${node.domain}"`;
    return { kind: 'unsupported', reason: `the operator ${node.op}${domain} is not known` };
  }
  const facts = factsOf(network, node);
  const gap = node.inputs.findIndex((name, index) => name !== '' && facts.input(index) === undefined);
  if (gap >= 0)
    return { kind: 'unsupported', reason: `the shape of its input "${node.inputs[gap]!}" is not known`, follows: true };
  if (facts.output(0) === undefined) return { kind: 'unsupported', reason: 'the shape of its output is not known' };
  // The operand of opset 6 and below that is aligned at an axis of its own.
  if (node.attributes.has('broadcast') && node.attributes.has('axis'))
    return { kind: 'unsupported', reason: 'it broadcasts as before operator set 7; export it again with a newer one' };
  try {
    const rule = definition.rule(facts, ranges);
    const reason = brokenNumbers(network, node, rule);
    return reason === undefined ? rule : { kind: 'unsupported', reason };
  } catch (error) {
    if (error instanceof UserError) return { kind: 'unsupported', reason: error.message };
    throw error;
  }
}
