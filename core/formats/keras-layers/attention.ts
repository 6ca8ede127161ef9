import type { Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { Value } from '../tensorflow/value.ts';
import { reshaped } from '../tensorflow/weights.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { onlyInput, requireSize, weight, type LayerCall, type LayerDefinition } from './layer.ts';

/** Query, value and key, given as a list of inputs or by name; the key is the value where it is left out. */
function parts(call: LayerCall): readonly [Value, Value, Value] {
  const { tensors } = call.arguments;
  const query = onlyInput(call);
  const value = call.inputs[1] ?? tensors['value']?.[0];
  const key = call.inputs[2] ?? tensors['key']?.[0] ?? value;
  if (value === undefined || key === undefined)
    throw new UserError(`${call.settings.where} has no value to attend to.`);
  for (const mask of ['attention_mask', 'query_mask', 'value_mask', 'key_mask', 'mask']) {
    if (tensors[mask] !== undefined) throw new Unsupported(`it is given a mask (${mask}) that depends on the input`);
  }
  return [query, value, key];
}

const mostMasked = 2 ** 24;

/** What no query may see, the steps after its own, far below everything else. */
function causal(call: LayerCall, scores: string, query: Value, key: Value): string {
  const wanted = call.arguments.settings['use_causal_mask'] === true || call.settings.flag('causal', false);
  if (!wanted) return scores;
  const [rows, columns] = [query.shape[1], key.shape[1]];
  if (typeof rows !== 'number' || typeof columns !== 'number')
    throw new Unsupported('it masks steps of a sequence of no fixed length');
  if (rows * columns > mostMasked) throw new Unsupported('it masks more steps than can be written down');
  const mask = Float32Array.from({ length: rows * columns }, (_, i) =>
    i % columns > Math.floor(i / columns) ? -1e9 : 0,
  );
  const { draft, id } = call;
  return draft.node('Add', `${id}/causal`, [scores, draft.floats(`${id}/mask`, [rows, columns], mask)]);
}

function withScores(call: LayerCall, value: Value, weights: Value): Value | readonly Value[] {
  return call.arguments.settings['return_attention_scores'] === true ? [value, weights] : value;
}

/** softmax(query key') value; scores may also be a sum of tanh(query + key). */
function attention(call: LayerCall): Value | readonly Value[] {
  const { draft, id, settings } = call;
  const [query, value, key] = parts(call);
  if (query.rank !== 3 || value.rank !== 3 || key.rank !== 3)
    throw new Unsupported('its inputs do not have three axes');
  let index = 0;
  const additive = call.className === 'AdditiveAttention';
  const concat = additive || settings.text('score_mode', 'dot') === 'concat';
  const scaled = settings.flag('use_scale', additive);
  const scale = scaled ? draft.constant(weight(call, index++, 'scale', additive ? 1 : 0)) : undefined;
  const times = (what: string, x: string, factor: string | undefined): string =>
    factor === undefined ? x : draft.node('Mul', `${id}/${what}`, [x, factor]);
  const scores = concat ? added() : dot();

  function dot(): string {
    const turned = draft.node('Transpose', `${id}/keys`, [key.name], { perm: [0, 2, 1] });
    return times('scaled', draft.node('MatMul', `${id}/scores`, [query.name, turned]), scale);
  }

  function added(): string {
    const wide = (what: string, x: Value, axis: number): string =>
      draft.node('Unsqueeze', `${id}/${what}`, [x.name, draft.integers(`${id}/${what} axis`, [axis])]);
    const sum = draft.node('Add', `${id}/sum`, [wide('queries', query, 2), wide('keys', key, 1)]);
    const bent = draft.node('Tanh', `${id}/tanh`, [additive ? sum : times('scaled', sum, scale)]);
    const weighted = additive ? times('scaled', bent, scale) : bent;
    const total = draft.node('ReduceSum', `${id}/scores`, [weighted, draft.integers(`${id}/axis`, [-1])], {
      keepdims: 0,
    });
    return additive ? total : times('weighted', total, draft.constant(weight(call, index, 'concat_score_weight', 0)));
  }

  const weights = draft.node('Softmax', `${id}/softmax`, [causal(call, scores, query, key)], { axis: -1 });
  const [batch, rows] = query.shape;
  const result = Value.plain(draft, draft.node('MatMul', id, [weights, value.name]), [batch!, rows!, value.shape[2]!]);
  return withScores(call, result, Value.plain(draft, weights, [batch!, rows!, key.shape[1]!]));
}

interface Projection {
  /** [batch, heads, steps, size]. */
  readonly name: string;
  readonly heads: number;
  readonly size: number;
}

/** x times [features, heads, size] plus [heads, size]. */
function projected(call: LayerCall, x: Value, part: string): Projection {
  const { draft, id, settings } = call;
  const at = { ...call, weights: call.weights.inside(`${part}_dense`, part), layerId: `${call.layerId}/${part}` };
  const kernel = weight(at, 0, 'kernel', 3);
  const [features, heads, size] = kernel.shape as [number, number, number];
  requireSize(call, 'features', x.shape[2], features);
  const flat = reshaped(kernel, kernel.name, [features, heads * size]);
  const product = draft.node('MatMul', `${id}/${part}`, [x.name, draft.constant(flat)]);
  const bias: Tensor | undefined = settings.flag('use_bias', true) ? weight(at, 1, 'bias', 2) : undefined;
  const added =
    bias === undefined
      ? product
      : draft.node('Add', `${id}/${part}/bias added`, [
          product,
          draft.constant(reshaped(bias, bias.name, [heads * size])),
        ]);
  const split = draft.node('Reshape', `${id}/${part}/heads`, [
    added,
    draft.integers(`${id}/${part}/shape`, [0, 0, heads, size]),
  ]);
  return { name: draft.node('Transpose', `${id}/${part}/heads first`, [split], { perm: [0, 2, 1, 3] }), heads, size };
}

function manyHeads(call: LayerCall): Value | readonly Value[] {
  const { draft, id, settings } = call;
  const [query, value, key] = parts(call);
  if (query.rank !== 3 || value.rank !== 3) throw new Unsupported('it attends along several axes');
  const axes = settings.integers('attention_axes');
  if (axes !== undefined && (axes.length !== 1 || axes[0] !== 1))
    throw new Unsupported('it attends along other axes than the first');
  if (settings.flag('use_gate', false)) throw new Unsupported('its result is gated by the input (use_gate)');
  if (settings.has('sliding_window')) throw new Unsupported('it attends within a sliding window');
  const [q, k, v] = [projected(call, query, 'query'), projected(call, key, 'key'), projected(call, value, 'value')];
  const [keys, values] = [repeated(call, k, q.heads, 'key'), repeated(call, v, q.heads, 'value')];
  const scale = draft.scalar(`${id}/scale`, 1 / Math.sqrt(q.size));
  const scaled = draft.node('Mul', `${id}/scaled`, [q.name, scale]);
  const turned = draft.node('Transpose', `${id}/keys`, [keys], { perm: [0, 1, 3, 2] });
  const scores = causal(call, draft.node('MatMul', `${id}/scores`, [scaled, turned]), query, key);
  const weights = draft.node('Softmax', `${id}/softmax`, [scores], { axis: -1 });
  const attended = draft.node('MatMul', `${id}/attended`, [weights, values]);
  const steps = draft.node('Transpose', `${id}/steps first`, [attended], { perm: [0, 2, 1, 3] });
  const joined = draft.node('Reshape', `${id}/joined`, [
    steps,
    draft.integers(`${id}/shape`, [0, 0, q.heads * v.size]),
  ]);
  const at = {
    ...call,
    weights: call.weights.inside('output_dense', 'attention_output'),
    layerId: `${call.layerId}/attention_output`,
  };
  const kernel = weight(at, 0, 'kernel', 3);
  const width = kernel.shape[2]!;
  requireSize(call, 'features', q.heads * v.size, kernel.shape[0]! * kernel.shape[1]!);
  const product = draft.node('MatMul', `${id}/attention_output`, [
    joined,
    draft.constant(reshaped(kernel, kernel.name, [q.heads * v.size, width])),
  ]);
  const name = settings.flag('use_bias', true)
    ? draft.node('Add', id, [product, draft.constant(weight(at, 1, 'bias', 1))])
    : product;
  const [batch, rows] = query.shape;
  return withScores(
    call,
    Value.plain(draft, name, [batch!, rows!, width]),
    Value.plain(draft, weights, [batch!, q.heads, rows!, key.shape[1]!]),
  );
}

/** Heads that several queries share, once for each of them. */
function repeated({ draft, id }: LayerCall, { name, heads }: Projection, wanted: number, part: string): string {
  if (heads === wanted) return name;
  if (heads < 1 || wanted % heads !== 0) throw new Unsupported(`its ${wanted} query heads cannot share ${heads} heads`);
  const order = Array.from({ length: wanted }, (_, i) => Math.floor((i * heads) / wanted));
  return draft.node('Gather', `${id}/${part}/shared`, [name, draft.integers(`${id}/${part}/order`, order)], {
    axis: 1,
  });
}

export const attentionLayers: readonly LayerDefinition[] = [
  { classes: ['Attention', 'AdditiveAttention'], write: attention },
  { classes: ['MultiHeadAttention', 'GroupedQueryAttention', 'GroupQueryAttention'], write: manyHeads },
];
