import type { Node } from '../../network/network.ts';
import { readBy } from '../../network/subgraph.ts';
import { UserError } from '../../sentence.ts';
import { quoted } from '../wording.ts';

/** Nodes so that each comes after those whose outputs it uses, otherwise in the order of the file. */
export function inTopologicalOrder(nodes: readonly Node[], fileName: string): readonly Node[] {
  const producer = new Map<string, Node>();
  for (const node of nodes) for (const output of node.outputs) if (output !== '') producer.set(output, node);

  const ordered: Node[] = [];
  const done = new Set<Node>();
  const begun = new Set<Node>();
  for (const start of nodes) {
    // An explicit stack: a chain of a hundred thousand nodes must not exhaust the call stack.
    const waiting: { readonly node: Node; readonly reads: readonly string[]; next: number }[] = done.has(start)
      ? []
      : [{ node: start, reads: readBy(start), next: 0 }];
    begun.add(start);
    for (let top = waiting.at(-1); top; top = waiting.at(-1)) {
      const input = top.reads[top.next++];
      if (input === undefined) {
        waiting.pop();
        done.add(top.node);
        ordered.push(top.node);
        continue;
      }
      const before = producer.get(input);
      if (!before || done.has(before)) continue;
      if (begun.has(before)) {
        throw new UserError(
          `${fileName} has a cycle: node ${quoted(before.id)} (${before.op}) needs, through others, its own output.`,
        );
      }
      begun.add(before);
      waiting.push({ node: before, reads: readBy(before), next: 0 });
    }
  }
  return ordered;
}
