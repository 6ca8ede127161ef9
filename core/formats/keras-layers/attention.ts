import { elementTypeCodes } from '../../network/element-type-codes.ts';
import type { Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { range, Value } from '../tensorflow/value.ts';
import { reshaped } from '../tensorflow/weights.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import {
  fixedSizes,
  onlyInput,
  product,
  requireSize,
  reshape,
  weight,
  type LayerCall,
  type LayerDefinition,
} from './layer.ts';
import { maskedScores, masksOf, requireKnownMasks } from './masks.ts';

/** Query, value and key, given as a list of inputs or by name; the key is the value where it is left out. */
function parts(call: LayerCall): readonly [Value, Value, Value] {
  const { tensors } = call.arguments;
  const query = onlyInput(call);
  const value = call.inputs[1] ?? tensors['value']?.[0];
  const key = call.inputs[2] ?? tensors['key']?.[0] ?? value;
  if (value === undefined || key === undefined)
    throw new UserError(`${call.settings.where} has no value to attend to.`);
  if (call.inputs.length > 3) throw new Unsupported('it is given masks in the place of inputs');
  return [query, value, key];
}

function withScores(call: LayerCall, value: Value, weights: () => Value): Value | readonly Value[] {
  return call.arguments.settings['return_attention_scores'] === true ? [value, weights()] : value;
}

/** softmax(query key') value; scores may also be a sum of tanh(query + key). */
function attention(call: LayerCall): Value | readonly Value[] {
  const { draft, id, settings } = call;
  requireKnownMasks(call, ['query_mask', 'value_mask']);
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

  const weights = draft.node('Softmax', `${id}/softmax`, [maskedScores(call, scores, query, key, false)], { axis: -1 });
  const [batch, rows] = query.shape;
  const attended = draft.node('MatMul', id, [weights, value.name]);
  const result = Value.plain(draft, seenQueries(call, attended), [batch!, rows!, value.shape[2]!]);
  return withScores(call, result, () => Value.plain(draft, weights, [batch!, rows!, key.shape[1]!]));
}

/** Zeros where the query's mask hides a step. */
function seenQueries({ draft, id, arguments: { tensors, settings } }: LayerCall, attended: string): string {
  const mask = tensors['query_mask']?.[0];
  if (settings['query_mask'] !== undefined && settings['query_mask'] !== null)
    throw new Unsupported('the mask of its query is an array');
  if (mask === undefined) return attended;
  const seen = draft.node('Cast', `${id}/query seen`, [mask.name], { to: elementTypeCodes.bool });
  const spread = draft.node('Unsqueeze', `${id}/query mask`, [seen, draft.integers(`${id}/query mask axis`, [2])]);
  return draft.node('Where', `${id}/seen`, [spread, attended, draft.scalar(`${id}/hidden`, 0)]);
}

interface Projection {
  /** [batch, heads, steps, size]. */
  readonly name: string;
  readonly heads: number;
  readonly size: number;
}

/** What attends along several axes, or along some of them, as attention along one: how it gets there and back. */
interface Steps {
  readonly values: readonly [Value, Value, Value];
  readonly back: (result: Value) => Value;
  readonly backScores: (scores: Value, heads: number) => Value;
}

/** All axes that are attended to become one with as many steps as they have places; the others become samples of their own. */
function asSteps(call: LayerCall, values: readonly [Value, Value, Value]): Steps {
  const [query, , key] = values;
  const { rank } = query;
  const given = call.settings.integers('attention_axes')?.map((axis) => (axis < 0 ? axis + rank : axis));
  const all = range(1, rank - 1);
  if (rank < 3 || values.some((value) => value.rank !== rank)) throw new Unsupported('its inputs differ in their axes');
  const axes = all.filter((axis) => given === undefined || given.includes(axis));
  if (rank === 3) return { values, back: (result) => result, backScores: (scores) => scores };
  const masked =
    masksOf(call.arguments).length > 0 ||
    call.arguments.settings['use_causal_mask'] === true ||
    call.settings.has('sliding_window');
  if (masked) throw new Unsupported('it attends along several axes under a mask');
  const rest = all.filter((axis) => !axes.includes(axis));
  if (rest.length > 0) return alongSome(call, values, axes, rest);
  const flat = (value: Value, part: string): Value => {
    const sizes = fixedSizes(value);
    return reshape(call, `${call.id}/${part} as steps`, value, [product(sizes.slice(0, -1)), sizes.at(-1)!]);
  };
  const [places, seen] = [query.shape.slice(1, -1), key.shape.slice(1, -1)];
  return {
    values: [flat(values[0], 'query'), flat(values[1], 'value'), flat(values[2], 'key')],
    back: (result) => reshape(call, `${call.id}/places again`, result, [...places, result.shape.at(-1)!]),
    backScores: (scores, heads) => reshape(call, `${call.id}/places of scores`, scores, [heads, ...places, ...seen]),
  };
}

function alongSome(
  call: LayerCall,
  values: readonly [Value, Value, Value],
  axes: readonly number[],
  rest: readonly number[],
): Steps {
  const { draft, id } = call;
  const perm = [0, ...rest, ...axes, values[0].rank - 1];
  const [query] = values;
  const size = (value: Value, axis: number): number => fixedSizes(value)[axis - 1]!;
  const steps = (value: Value, part: string): Value => {
    if (rest.some((axis) => size(value, axis) !== size(query, axis)))
      throw new Unsupported('its inputs differ along the axes that it does not attend to');
    const turned = draft.node('Transpose', `${id}/${part} turned`, [value.name], { perm });
    const shape = [product(axes.map((axis) => size(value, axis))), fixedSizes(value).at(-1)!];
    const target = draft.integers(`${id}/${part} steps shape`, [-1, ...shape]);
    return Value.plain(draft, draft.node('Reshape', `${id}/${part} as steps`, [turned, target]), [null, ...shape]);
  };
  return {
    values: [steps(values[0], 'query'), steps(values[1], 'value'), steps(values[2], 'key')],
    back(result) {
      const width = result.shape.at(-1)!;
      const sizes = [...rest, ...axes].map((axis) => size(query, axis));
      const target = draft.integers(`${id}/places shape`, [-1, ...sizes, width]);
      const split = draft.node('Reshape', `${id}/places again`, [result.name, target]);
      const name = draft.node('Transpose', `${id}/in order again`, [split], {
        perm: perm.map((_, axis) => perm.indexOf(axis)),
      });
      return Value.plain(draft, name, [...query.shape.slice(0, -1), width]);
    },
    backScores() {
      throw new Unsupported('its scores are used, and it attends along some of several axes');
    },
  };
}

/** The factors of what is attended to, [batch, steps, heads * size]. */
function gate(call: LayerCall, query: Value): string {
  const { draft, id } = call;
  const { name, heads, size } = projected(call, query, 'gate');
  const bent = draft.node('Sigmoid', `${id}/gate/sigmoid`, [name]);
  const steps = draft.node('Transpose', `${id}/gate/steps first`, [bent], { perm: [0, 2, 1, 3] });
  return draft.node('Reshape', `${id}/gate/joined`, [
    steps,
    draft.integers(`${id}/gate/joined shape`, [0, 0, heads * size]),
  ]);
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
  requireKnownMasks(call, ['attention_mask', 'value_mask', 'key_mask']);
  const { values: asOne, back, backScores } = asSteps(call, parts(call));
  const [query, value, key] = asOne;
  const [q, k, v] = [projected(call, query, 'query'), projected(call, key, 'key'), projected(call, value, 'value')];
  const [keys, values] = [repeated(call, k, q.heads, 'key'), repeated(call, v, q.heads, 'value')];
  const scale = draft.scalar(`${id}/scale`, 1 / Math.sqrt(q.size));
  const scaled = draft.node('Mul', `${id}/scaled`, [q.name, scale]);
  const turned = draft.node('Transpose', `${id}/keys`, [keys], { perm: [0, 1, 3, 2] });
  const scores = maskedScores(call, draft.node('MatMul', `${id}/scores`, [scaled, turned]), query, key, true);
  const weights = draft.node('Softmax', `${id}/softmax`, [scores], { axis: -1 });
  const attended = draft.node('MatMul', `${id}/attended`, [weights, values]);
  const steps = draft.node('Transpose', `${id}/steps first`, [attended], { perm: [0, 2, 1, 3] });
  const ungated = draft.node('Reshape', `${id}/joined`, [
    steps,
    draft.integers(`${id}/shape`, [0, 0, q.heads * v.size]),
  ]);
  const joined = settings.flag('use_gate', false)
    ? draft.node('Mul', `${id}/gated`, [ungated, gate(call, query)])
    : ungated;
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
  const result = Value.plain(draft, name, [batch!, rows!, width]);
  return withScores(call, back(result), () =>
    backScores(Value.plain(draft, weights, [batch!, q.heads, rows!, key.shape[1]!]), q.heads),
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
  { classes: ['Attention', 'AdditiveAttention'], takesMasks: true, write: attention },
  {
    classes: ['MultiHeadAttention', 'GroupedQueryAttention', 'GroupQueryAttention'],
    takesMasks: true,
    write: manyHeads,
  },
];
