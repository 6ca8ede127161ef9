import type { Network, Node } from '../network/network.ts';
import { identity, replaced, type Inlined } from '../network/subgraph.ts';
import { compositeOf } from '../operators/composites/index.ts';
import { Draft } from '../operators/composites/draft.ts';
import { factsOf } from '../operators/facts.ts';
import { UserError } from '../sentence.ts';

/** Operators that are made of others are written out, where the shapes of their inputs are known; others stay, and are named. */
export function expandComposites(network: Network): Network {
  const replacements = new Map<Node, Inlined>();
  for (const node of network.nodes) {
    const composite = compositeOf(node);
    if (composite === undefined) continue;
    const facts = factsOf(network, node);
    if (node.inputs.some((name, index) => name !== '' && facts.input(index) === undefined)) continue;
    const draft = new Draft(facts);
    const results = writtenOrNot(() => composite.write(facts, draft));
    if (typeof results === 'string') continue;
    const copies = node.outputs.flatMap((name, index) => {
      const made = results[index] ?? '';
      return name === '' || made === '' ? [] : [identity(`${node.id}/output ${index}`, made, name)];
    });
    replacements.set(node, { nodes: [...draft.nodes, ...copies], constants: draft.constants });
  }
  return replaced(network, replacements);
}

function writtenOrNot(write: () => readonly string[] | string): readonly string[] | string {
  try {
    return write();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
