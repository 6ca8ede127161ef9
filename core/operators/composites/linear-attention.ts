import { decimal, integer, text } from '../../network/network.ts';
import type { Shape } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { NodeFacts } from '../definition.ts';
import { required } from '../facts.ts';
import type { CompositeDefinition } from './composite.ts';
import { floatingType, type Draft } from './draft.ts';

/** Each position adds a dozen nodes. */
const mostPositions = 4000;

/**
 * Attention with a state in the place of past keys and values, position by position: the state fades (`gated`), what it already says of
 * a key is taken off the value (`delta`), the outer product of key and value is added, and the query reads from it.
 */
export const linearAttention: CompositeDefinition = {
  ops: ['LinearAttention'],
  becomes: ['Exp', 'Mul', 'MatMul', 'Sub', 'Add'],
  write(facts, draft) {
    const { node } = facts;
    const [readers, heads] = [integer(node, 'q_num_heads', 0), integer(node, 'kv_num_heads', 0)];
    const rule = text(node, 'update_rule', 'gated_delta');
    const [batch, positions, width] = required(facts, 0).shape as [number, number, number];
    const [keySize, valueSize] = [width / readers, required(facts, 2).shape[2]! / heads];
    if (positions > mostPositions)
      throw new UserError(`LinearAttention node "${node.id}" has ${positions} positions, more than can be unrolled.`);
    const type = floatingType(facts, 0);
    const at = (index: number, i: number, shape: Shape): string =>
      draft.reshape(draft.slice(node.inputs[index]!, 1, i, i + 1), shape);
    const scale = decimal(node, 'scale', 0) || 1 / Math.sqrt(keySize);
    let state =
      facts.input(3) === undefined
        ? draft.numbers(type, [batch, heads, keySize, valueSize], new Float64Array(batch * heads * keySize * valueSize))
        : node.inputs[3]!;
    const outputs: string[] = [];
    for (let i = 0; i < positions; i++) {
      const key = at(1, i, [batch, heads, keySize, 1]);
      let value = at(2, i, [batch, heads, 1, valueSize]);
      if (rule.startsWith('gated')) {
        const each = required(facts, 4).shape[2]! === heads ? 1 : keySize;
        state = draft.node('Mul', [state, draft.node('Exp', [at(4, i, [batch, heads, each, 1])])]);
      }
      if (rule.endsWith('delta')) {
        const known = draft.node('MatMul', [draft.transpose(key, [0, 1, 3, 2]), state]);
        const share = at(5, i, [batch, required(facts, 5).shape[2]!, 1, 1]);
        value = draft.node('Mul', [share, draft.node('Sub', [value, known])]);
      }
      state = draft.node('Add', [state, draft.node('MatMul', [key, value])]);
      outputs.push(
        read(draft, facts, state, { query: at(0, i, [batch, heads, readers / heads, keySize]), scale, valueSize }),
      );
    }
    return [draft.concat(outputs, 1), state];
  },
};

interface Reading {
  readonly query: string;
  readonly scale: number;
  readonly valueSize: number;
}

/** Several heads of queries, next to each other, read from one state: rows of one product. */
function read(draft: Draft, facts: NodeFacts, state: string, { query, scale, valueSize }: Reading): string {
  const scaled = draft.node('Mul', [query, draft.scalar(floatingType(facts, 0), scale)]);
  const batch = required(facts, 0).shape[0]!;
  const readers = integer(facts.node, 'q_num_heads', 0);
  return draft.reshape(draft.node('MatMul', [scaled, state]), [batch, 1, readers * valueSize]);
}
