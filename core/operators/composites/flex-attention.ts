import { attributeOf, decimal } from '../../network/network.ts';
import type { Shape } from '../../network/tensor.ts';
import { required } from '../facts.ts';
import type { CompositeDefinition } from './composite.ts';
import { repeatHeads } from './attention.ts';
import { floatingType } from './draft.ts';

/** Attention whose scores and shares pass through graphs of the user's own. */
export const flexAttention: CompositeDefinition = {
  ops: ['FlexAttention'],
  domain: 'ai.onnx.preview',
  becomes: ['Mul', 'MatMul', 'Softmax', 'MatMul'],
  write(facts, draft) {
    const { node } = facts;
    const [queries, keys, values] = [0, 1, 2].map((index) => required(facts, index).shape) as [Shape, Shape, Shape];
    const type = floatingType(facts, 0);
    const factor = draft.scalar(type, Math.sqrt(decimal(node, 'scale', 1 / Math.sqrt(queries[3]!))));
    const heads = queries[1]!;
    const scaledKeys = draft.node('Mul', [repeatHeads(draft, { name: node.inputs[1]!, shape: keys }, heads), factor]);
    const scores = draft.node('MatMul', [
      draft.node('Mul', [node.inputs[0]!, factor]),
      draft.transpose(scaledKeys, [0, 1, 3, 2]),
    ]);
    const through = (name: string, x: string): string => {
      const graph = attributeOf(node, name, 'graph')?.value;
      return graph === undefined ? x : draft.inline(graph, [x]);
    };
    const shares = through('prob_mod', draft.softmax(through('score_mod', scores), 4));
    return [draft.node('MatMul', [shares, repeatHeads(draft, { name: node.inputs[2]!, shape: values }, heads)])];
  },
};
