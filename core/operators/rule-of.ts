import type { Network, Node } from '../network/network.ts';
import { UserError } from '../sentence.ts';
import { brokenNumbers } from './broken-numbers.ts';
import type { LipschitzRule, Ranges } from './definition.ts';
import { factsOf } from './facts.ts';
import { operatorOf } from './index.ts';

/** The rule of a node; what is not understood is an answer too, with the reason in words. */
export function ruleOf(network: Network, node: Node, ranges?: Ranges): LipschitzRule {
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
