import { decimal, integer } from '../../network/network.ts';
import type { Shape } from '../../network/tensor.ts';
import type { NodeFacts } from '../definition.ts';
import { broadcastShape, broadcastSource } from '../broadcast.ts';
import { constantNumbers, required } from '../facts.ts';
import type { CompositeDefinition } from './composite.ts';
import { floatingType, type Draft } from './draft.ts';

/** A tensor as [batch, heads, positions, size]. */
export interface Heads {
  readonly name: string;
  readonly shape: Shape;
}

/** Scaled dot-product attention of the standard domain, with masks that do not depend on the input: MatMul, Softmax, MatMul. */
export const attention: CompositeDefinition = {
  ops: ['Attention'],
  becomes: ['Mul', 'MatMul', 'Add', 'Softmax', 'MatMul'],
  write(facts, draft) {
    const { node } = facts;
    const type = floatingType(facts, 0);
    const queries = asHeads(facts, draft, 0, integer(node, 'q_num_heads', 0));
    const keys = withPast(facts, draft, asHeads(facts, draft, 1, integer(node, 'kv_num_heads', 0)), 4);
    const values = withPast(facts, draft, asHeads(facts, draft, 2, integer(node, 'kv_num_heads', 0)), 5);
    const [batch, heads, rows, size] = queries.shape as [number, number, number, number];
    const columns = keys.shape[2]!;
    const repeated = (tensor: Heads): string => repeatHeads(draft, tensor, heads);
    const scale = node.attributes.has('scale') ? decimal(node, 'scale', 1) : 1 / Math.sqrt(size);
    const factor = draft.scalar(type, Math.sqrt(scale));
    const scores = draft.node('MatMul', [
      draft.node('Mul', [queries.name, factor]),
      draft.transpose(draft.node('Mul', [repeated(keys), factor]), [0, 1, 3, 2]),
    ]);
    const softcap = decimal(node, 'softcap', 0);
    const mask = maskOf(facts, batch, heads, rows, columns);
    if (typeof mask === 'string') return mask;
    const biased = (x: string): string =>
      mask === undefined ? x : draft.node('Add', [x, draft.numbers(type, mask.shape, mask.values)]);
    const capped = softcap > 0 ? cap(draft, scores, softcap, facts) : scores;
    // Operator set 24 caps after the mask in name only: a masked entry stays masked, so the order does not matter for the result.
    const logits = biased(capped);
    const weighted = draft.softmax(logits, 4);
    const weights =
      mask?.attended === undefined
        ? weighted
        : draft.node('Mul', [weighted, draft.numbers(type, mask.attended.shape, mask.attended.values)]);
    const result = draft.node('MatMul', [weights, repeated(values)]);
    const output =
      required(facts, 0).shape.length === 3
        ? draft.reshape(draft.transpose(result, [0, 2, 1, 3]), [batch, rows, heads * values.shape[3]!])
        : result;
    const seen = { 0: scores, 1: biased(scores), 2: capped, 3: weights }[integer(node, 'qk_matmul_output_mode', 0)];
    return [output, keys.name, values.name, facts.node.outputs.length > 3 ? (seen ?? '') : ''];
  },
};

/** Three axes hold all heads side by side in the last one. */
function asHeads(facts: NodeFacts, draft: Draft, index: number, heads: number): Heads {
  const { shape } = required(facts, index);
  const name = facts.node.inputs[index]!;
  if (shape.length === 4) return { name, shape };
  const [batch, positions, width] = shape as [number, number, number];
  const size = width / heads;
  return {
    name: draft.transpose(draft.reshape(name, [batch, positions, heads, size]), [0, 2, 1, 3]),
    shape: [batch, heads, positions, size],
  };
}

function withPast(facts: NodeFacts, draft: Draft, { name, shape }: Heads, index: number): Heads {
  const past = facts.input(index);
  if (past === undefined) return { name, shape };
  return {
    name: draft.concat([facts.node.inputs[index]!, name], 2),
    shape: [shape[0]!, shape[1]!, shape[2]! + past.shape[2]!, shape[3]!],
  };
}

/** Grouped queries: each head of keys and values serves several heads of queries, next to each other. */
export function repeatHeads(draft: Draft, { name, shape }: Heads, heads: number): string {
  const [batch, own, positions, size] = shape as [number, number, number, number];
  if (own === heads) return name;
  const group = heads / own;
  const spread = draft.node('Expand', [
    draft.reshape(name, [batch, own, 1, positions, size]),
    draft.integers([batch, own, group, positions, size]),
  ]);
  return draft.reshape(spread, [batch, heads, positions, size]);
}

function cap(draft: Draft, scores: string, limit: number, facts: NodeFacts): string {
  const constant = draft.scalar(floatingType(facts, 0), limit);
  return draft.node('Mul', [draft.node('Tanh', [draft.node('Div', [scores, constant])]), constant]);
}

/** In place of -Infinity, which is no number to compute with: beside any other score its share is 0 all the same. */
const hiddenScore = -(2 ** 100);

interface Mask {
  readonly shape: Shape;
  /** Added to the scores; `hiddenScore` where nothing is attended. */
  readonly values: Float64Array;
  /** 0 for the rows that attend nothing at all, whose result is 0 and not 0/0. */
  readonly attended: { readonly shape: Shape; readonly values: Float64Array } | undefined;
}

function maskOf(
  facts: NodeFacts,
  batch: number,
  heads: number,
  rows: number,
  columns: number,
): Mask | undefined | string {
  const { node } = facts;
  const given = facts.input(3);
  const causal = integer(node, 'is_causal', 0) === 1;
  const [left, right] = [integer(node, 'left_window_size', -1), integer(node, 'right_window_size', -1)];
  const lengths = facts.input(6) === undefined ? undefined : constantNumbers(facts, 6);
  if (facts.input(6) !== undefined && lengths === undefined) return 'the lengths of its sequences depend on the input';
  if (given === undefined && !causal && lengths === undefined && left < 0 && right < 0) return undefined;
  const numbers = given === undefined ? undefined : constantNumbers(facts, 3);
  if (given !== undefined && numbers === undefined) return 'its mask depends on the input';
  const shape: Shape = [batch, heads, rows, columns];
  const width = given?.shape.at(-1) ?? columns;
  const short =
    given === undefined ? undefined : [...broadcastShape([given.shape, [batch, heads, rows, 1]]).slice(0, 3), width];
  const source = given === undefined ? undefined : broadcastSource(given.shape, short!);
  const past = facts.input(4)?.shape[2] ?? 0;
  const values = new Float64Array(batch * heads * rows * columns);
  const attended = new Float64Array(batch * heads * rows);
  for (let b = 0; b < batch; b++) {
    const offset = lengths === undefined ? past : lengths[b]! - rows;
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < rows; i++) {
        const row = (b * heads + h) * rows + i;
        for (let j = 0; j < columns; j++) {
          const number = source === undefined || j >= width ? 0 : numbers![source[row * width + j]!]!;
          const own = given?.type === 'bool' ? (number !== 0 ? 0 : hiddenScore) : Math.max(number, hiddenScore);
          const hidden =
            (given !== undefined && j >= width) ||
            (causal && j > i + offset) ||
            (lengths !== undefined && j >= lengths[b]!) ||
            (left >= 0 && i + offset - j > left) ||
            (right >= 0 && j - i - offset > right);
          const value = hidden ? hiddenScore : own;
          values[row * columns + j] = value;
          if (value !== hiddenScore) attended[row] = 1;
        }
        if (attended[row] === 0) values.fill(0, row * columns, (row + 1) * columns);
      }
  }
  return {
    shape,
    values,
    attended: attended.includes(0) ? { shape: [batch, heads, rows, 1], values: attended } : undefined,
  };
}
