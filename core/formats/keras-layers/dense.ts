import { elementCount, type Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { Value } from '../tensorflow/value.ts';
import { activated } from './activation.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import {
  onlyInput,
  requireSize,
  transposedWeight,
  weight,
  withBias,
  type LayerCall,
  type LayerDefinition,
} from './layer.ts';

function dense(call: LayerCall): Value {
  const { draft, settings } = call;
  const x = onlyInput(call);
  if (x.rank < 2) throw new UserError(`${settings.where} is dense, but its input has no features.`);
  const kernel = weight(call, 0, 'kernel', 2);
  requireSize(call, 'features', x.shape.at(-1), kernel.shape[0]!);
  const bias = settings.flag('use_bias', true) ? weight(call, 1, 'bias', 1) : undefined;
  return activated(
    call,
    Value.plain(draft, product(call, x, kernel, bias), [...x.shape.slice(0, -1), kernel.shape[1]!]),
  );
}

/** x W + b over the last axis. */
export function product(call: LayerCall, x: Value, kernel: Tensor, bias: Tensor | undefined): string {
  const { draft, id } = call;
  const weights = draft.constant(kernel);
  if (x.rank !== 2) return withBias(call, draft.node('MatMul', id, [x.name, weights]), bias);
  return draft.node('Gemm', id, [x.name, weights, ...(bias === undefined ? [] : [draft.constant(bias)])]);
}

/** Any product of the input with weights that numpy's einsum can write down. */
function einsumDense(call: LayerCall): Value {
  const { draft, id, settings, weights } = call;
  const x = onlyInput(call);
  const given = /^([\w.]+),(\w+)->([\w.]+)$/u.exec(settings.text('equation', '').replace(/\s/gu, ''));
  if (given === null) throw new Unsupported('its equation is not understood');
  const [, left, right, result] = given as unknown as readonly [string, string, string, string];
  const kernel = weight(call, 0, 'kernel', right.length);
  const sizes = new Map<string, number | null>();
  // "..." stands for the axes that are not named.
  const spread = (text: string, rank: number): string =>
    text.replace('...', 'ABCDEFGH'.slice(0, rank - text.length + 3));
  const named = left.includes('...') ? spread(left, x.rank) : left;
  const extra = x.rank - left.length + 3;
  const resulting = left.includes('...') ? spread(result, result.length - 3 + extra) : result;
  if (named.length !== x.rank || named.includes('.') || resulting.includes('.'))
    throw new Unsupported('its equation is not understood');
  Array.from(named).forEach((letter, axis) => sizes.set(letter, x.shape[axis]!));
  Array.from(right).forEach((letter, axis) => sizes.set(letter, kernel.shape[axis]!));
  const shape = Array.from(resulting).map((letter) => sizes.get(letter) ?? null);
  const made = draft.node('Einsum', id, [x.name, draft.constant(kernel)], {
    equation: `${named},${right}->${resulting}`,
  });
  const bias = settings.has('bias_axes') ? weights.own(1, 'bias') : undefined;
  const added = bias === undefined ? made : withBias(call, made, { ...bias, name: `${call.layerId}/bias` });
  return activated(call, Value.plain(draft, added, shape));
}

/** Rows of a table by whole numbers. */
function embedding(call: LayerCall): Value {
  const { draft, id } = call;
  const x = onlyInput(call);
  const table = weight(call, 0, 'embeddings', 2);
  const indices =
    x.type === 'int32' || x.type === 'int64' ? x.name : draft.node('Cast', `${id}/indices`, [x.name], { to: 7 });
  const name = draft.node('Gather', id, [draft.constant(table), indices], { axis: 0 });
  return Value.plain(draft, name, [...x.shape, elementCount(table.shape.slice(1))]);
}

/** An embedding that also takes vectors back: times its own table turned, or another one, within a soft limit. */
function reversible(call: LayerCall): Value {
  if (call.arguments.settings['reverse'] !== true) return embedding(call);
  const { draft, id, settings } = call;
  const x = onlyInput(call);
  const tied = settings.flag('tie_weights', true);
  const own = tied ? weight(call, 0, 'embeddings', 2) : weight(call, 1, 'reverse_embeddings', 2);
  const table = tied ? transposedWeight(own, [1, 0]) : own;
  const shape = [...x.shape.slice(0, -1), table.shape[1]!];
  const logits = draft.node('MatMul', `${id}/back`, [x.name, draft.constant({ ...table, name: `${own.name}/back` })]);
  if (!settings.has('logit_soft_cap')) return Value.plain(draft, logits, shape);
  const limit = draft.scalar(`${id}/limit`, settings.number('logit_soft_cap', 1));
  const bent = draft.node('Tanh', `${id}/bent`, [draft.node('Div', `${id}/scaled`, [logits, limit])]);
  return Value.plain(draft, draft.node('Mul', id, [bent, limit]), shape);
}

export const denseLayers: readonly LayerDefinition[] = [
  { classes: ['Dense'], write: dense },
  { classes: ['EinsumDense'], write: einsumDense },
  { classes: ['Embedding'], write: embedding },
  { classes: ['ReversibleEmbedding'], write: reversible },
];
