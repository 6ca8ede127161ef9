import type { Draft } from '../tensorflow/draft.ts';
import { float } from '../tensorflow/draft.ts';
import { range, Value } from '../tensorflow/value.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import {
  onlyInput,
  noArguments,
  layerJson,
  weight,
  type Dialect,
  type LayerCall,
  type LayerDefinition,
} from './layer.ts';
import { isObject, type Json } from './settings.ts';

type Entrywise = (x: string, id: string, draft: Draft, dialect: Dialect) => string;

const op =
  (name: string, attributes: Readonly<Record<string, number>> = {}): Entrywise =>
  (x, id, draft) =>
    draft.node(
      name,
      id,
      [x],
      Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, float(value)])),
    );

export const clip =
  (low: number | undefined, high: number | undefined): Entrywise =>
  (x, id, draft) =>
    draft.node('Clip', id, [
      x,
      low === undefined ? '' : draft.scalar(`${id}/least`, low),
      ...(high === undefined ? [] : [draft.scalar(`${id}/most`, high)]),
    ]);

const swish: Entrywise = (x, id, draft) => draft.node('Mul', id, [x, draft.node('Sigmoid', `${id}/sigmoid`, [x])]);

const selu = op('Selu', { alpha: 1.6732632423543772, gamma: 1.0507009873554805 });

const hardSigmoid: Entrywise = (x, id, draft, dialect) =>
  op('HardSigmoid', dialect === 'keras 3' ? { alpha: 1 / 6, beta: 0.5 } : { alpha: 0.2, beta: 0.5 })(
    x,
    id,
    draft,
    dialect,
  );

/** What acts on every entry for itself. */
const entrywise: Readonly<Record<string, Entrywise | undefined>> = {
  relu: op('Relu'),
  relu6: clip(0, 6),
  leaky_relu: op('LeakyRelu', { alpha: 0.2 }),
  elu: op('Elu', { alpha: 1 }),
  celu: op('Celu', { alpha: 1 }),
  selu,
  sigmoid: op('Sigmoid'),
  tanh: op('Tanh'),
  softplus: op('Softplus'),
  softsign: op('Softsign'),
  silu: swish,
  swish,
  gelu: (x, id, draft) => draft.node('Gelu', id, [x]),
  gelu_new: (x, id, draft) => draft.node('Gelu', id, [x], { approximate: 'tanh' }),
  mish: op('Mish'),
  exponential: op('Exp'),
  hard_sigmoid: hardSigmoid,
  hard_silu: op('HardSwish'),
  hard_swish: op('HardSwish'),
  hard_tanh: clip(-1, 1),
  log_sigmoid: (x, id, draft) =>
    draft.node('Neg', id, [draft.node('Softplus', `${id}/softplus`, [draft.node('Neg', `${id}/negative`, [x])])]),
  hard_shrink: op('Shrink', { lambd: 0.5, bias: 0 }),
  soft_shrink: op('Shrink', { lambd: 0.5, bias: 0.5 }),
  tanh_shrink: (x, id, draft) => draft.node('Sub', id, [x, draft.node('Tanh', `${id}/tanh`, [x])]),
  squareplus: (x, id, draft) => {
    const squared = draft.node('Mul', `${id}/squared`, [x, x]);
    const root = draft.node('Sqrt', `${id}/root`, [
      draft.node('Add', `${id}/raised`, [squared, draft.scalar(`${id}/b`, 4)]),
    ]);
    return draft.node('Mul', id, [draft.node('Add', `${id}/sum`, [x, root]), draft.scalar(`${id}/half`, 0.5)]);
  },
  /** max(x - 1, 0) above 1, (x + 1)^2 / 4 between, 0 below: ((min(max(x, -1), 1) + 1) / 2)^2 + max(x - 1, 0). */
  sparse_plus: (x, id, draft) => {
    const within = clip(-1, 1)(x, `${id}/within`, draft, 'keras 3');
    const half = draft.node('Mul', `${id}/half`, [
      draft.node('Add', `${id}/raised`, [within, draft.scalar(`${id}/one`, 1)]),
      draft.scalar(`${id}/a half`, 0.5),
    ]);
    const beyond = draft.node('Relu', `${id}/beyond`, [
      draft.node('Sub', `${id}/lowered`, [x, draft.scalar(`${id}/one`, 1)]),
    ]);
    return draft.node('Add', id, [draft.node('Mul', `${id}/square`, [half, half]), beyond]);
  },
  sparse_sigmoid: (x, id, draft) => op('HardSigmoid', { alpha: 0.5, beta: 0.5 })(x, id, draft, 'keras 3'),
};

const identities = new Set(['linear', 'identity']);

/** The activation function that a layer names, applied to what the layer made. */
export function activated(call: LayerCall, value: Value, setting = 'activation'): Value {
  const given = call.settings.values[setting];
  return given === undefined || given === null ? value : apply(call, value, given, `${call.id}/`);
}

/** The name of a function, however it is written down. */
export function activationName(given: Json | undefined): string | undefined {
  if (typeof given === 'string') return given;
  if (given === undefined || given === null) return 'linear';
  if (!isObject(given)) return undefined;
  // Keras 3 writes functions as {class_name: "function", config: "gelu"}.
  return given['class_name'] === 'function' && typeof given['config'] === 'string' ? given['config'] : undefined;
}

function apply(call: LayerCall, value: Value, given: Json, prefix: string): Value {
  const name = activationName(given);
  if (name === undefined && !(isObject(given) && isObject(given['config']) && 'name' in given['config']))
    throw new Unsupported('its activation function is Python code, which is never run');
  if (name === undefined) {
    // A layer in the place of a function: LeakyReLU().
    const layer = layerJson(given, call.settings.where);
    return call.write(layer, {
      id: `${prefix}${layer.className}`,
      layerId: `${call.layerId}/${layer.className}`,
      inputs: [value],
      weights: call.weights.inside('activation', layer.className),
      arguments: noArguments,
    })[0]!;
  }
  const id = prefix === '' ? call.id : `${prefix}${name}`;
  if (identities.has(name)) return value;
  if (name === 'softmax' || name === 'log_softmax') {
    return softmax(call, value, id, name === 'softmax' ? 'Softmax' : 'LogSoftmax', [-1]);
  }
  if (name === 'glu') return gated(call, value, id);
  if (name === 'sparsemax') return sparsemax(call, value, id);
  const known = Object.hasOwn(entrywise, name) ? entrywise[name] : undefined;
  if (known === undefined) throw new Unsupported(`the activation function ${JSON.stringify(name)} is not known`);
  return value.entrywise((x) => known(x, id, call.draft, call.dialect));
}

/** The function by name on a tensor, for layers that apply one many times. */
export function entrywiseNamed(call: LayerCall, given: Json | undefined): (x: string, id: string) => string {
  const name = activationName(given) ?? '';
  if (identities.has(name)) return (x) => x;
  const known = Object.hasOwn(entrywise, name) ? entrywise[name] : undefined;
  if (known === undefined) throw new Unsupported(`the activation function ${JSON.stringify(name)} is not known here`);
  return (x, id) => known(x, id, call.draft, call.dialect);
}

function softmax(call: LayerCall, value: Value, id: string, operator: string, axes: readonly number[]): Value {
  if (call.className === 'Softmax' && call.inputs.length > 1) throw new Unsupported('it is given a mask');
  if (axes.length !== 1) throw new Unsupported('it is a softmax over several axes at once');
  const axis = axes[0]! < 0 ? axes[0]! + value.rank : axes[0]!;
  return Value.plain(call.draft, call.draft.node(operator, id, [value.name], { axis }), value.shape, value.type);
}

/**
 * The nearest point whose entries are a distribution (Martins and Astudillo, 2016): max(x - t, 0) with the t that makes the sum 1. As many
 * entries as stay above it decide t; it is the largest of (z_1 + ... + z_k - 1) / k over all k, z in falling order, which needs no comparison.
 */
function sparsemax({ draft }: LayerCall, value: Value, id: string): Value {
  const size = value.shape.at(-1);
  if (typeof size !== 'number') throw new Unsupported('sparsemax needs a fixed number of channels');
  const [sorted] = draft.outputs('TopK', `${id}/sorted`, [value.name, draft.integers(`${id}/size`, [size])], 2, {
    axis: -1,
  });
  const sums = draft.node('CumSum', `${id}/sums`, [sorted!, draft.integers(`${id}/axis`, [-1])]);
  const above = draft.node('Sub', `${id}/above`, [sums, draft.scalar(`${id}/one`, 1)]);
  const shares = range(0, size).map((k) => 1 / (k + 1));
  const each = draft.node('Mul', `${id}/each`, [
    above,
    draft.floats(`${id}/shares`, [size], Float32Array.from(shares)),
  ]);
  const most = draft.node('ReduceMax', `${id}/threshold`, [each, draft.integers(`${id}/last`, [-1])], { keepdims: 1 });
  const beyond = draft.node('Sub', `${id}/beyond`, [value.name, most]);
  return Value.plain(draft, draft.node('Relu', id, [beyond]), value.shape, value.type);
}

function gated(call: LayerCall, value: Value, id: string): Value {
  const size = value.shape.at(-1);
  if (typeof size !== 'number' || size % 2 !== 0) throw new Unsupported('glu needs an even number of channels');
  const [left, right] = call.draft.outputs('Split', `${id}/halves`, [value.name], 2, { axis: -1, num_outputs: 2 });
  const gate = call.draft.node('Sigmoid', `${id}/gate`, [right!]);
  return Value.plain(
    call.draft,
    call.draft.node('Mul', id, [left!, gate]),
    [...value.shape.slice(0, -1), size / 2],
    value.type,
  );
}

const onEveryEntry = (call: LayerCall, function_: Entrywise): Value =>
  onlyInput(call).entrywise((x) => function_(x, call.id, call.draft, call.dialect));

/** min(max(x, 0), most), with a slope below; a threshold t makes it min(x, most) above t and slope (x - t) elsewhere, which jumps. */
function rectified(call: LayerCall): Value {
  const { settings } = call;
  const slope = settings.number('negative_slope', 0);
  const threshold = settings.number('threshold', 0);
  const most = settings.has('max_value') ? settings.number('max_value', 0) : undefined;
  if (threshold < 0) throw settings.wrong('threshold', 'no number below 0');
  if (threshold !== 0) return onEveryEntry(call, beyondThreshold(threshold, slope, most));
  if (slope === 0) return onEveryEntry(call, most === undefined ? op('Relu') : clip(0, most));
  const bent = onEveryEntry(call, op('LeakyRelu', { alpha: slope }));
  return most === undefined
    ? bent
    : bent.entrywise((x) => clip(undefined, most)(x, `${call.id}/limited`, call.draft, call.dialect));
}

const beyondThreshold =
  (threshold: number, slope: number, most: number | undefined): Entrywise =>
  (x, id, draft, dialect) => {
    const kept = op('ThresholdedRelu', { alpha: threshold })(x, id, draft, dialect);
    const above = most === undefined ? kept : clip(0, most)(kept, `${id}/limited`, draft, dialect);
    if (slope === 0) return above;
    const missing = draft.node('Sub', `${id}/missing`, [draft.scalar(`${id}/threshold`, threshold), x]);
    const below = draft.node('Mul', `${id}/below`, [
      draft.node('Relu', `${id}/short of it`, [missing]),
      draft.scalar(`${id}/slope`, slope),
    ]);
    return draft.node('Sub', `${id}/bent`, [above, below]);
  };

export const activationLayers: readonly LayerDefinition[] = [
  {
    classes: ['Activation'],
    write: (call) => apply(call, onlyInput(call), call.settings.values['activation'] ?? 'linear', ''),
  },
  { classes: ['ReLU'], write: rectified },
  {
    classes: ['LeakyReLU'],
    write: (call) => {
      const alpha = call.settings.number('negative_slope', call.settings.number('alpha', 0.3));
      return onEveryEntry(call, op('LeakyRelu', { alpha }));
    },
  },
  {
    classes: ['PReLU'],
    write(call) {
      const x = onlyInput(call);
      const slopes = weight(call, 0, 'alpha', x.rank - 1);
      return Value.plain(call.draft, call.draft.node('PRelu', call.id, [x.name, call.draft.constant(slopes)]), x.shape);
    },
  },
  { classes: ['ELU'], write: (call) => onEveryEntry(call, op('Elu', { alpha: call.settings.number('alpha', 1) })) },
  {
    classes: ['ThresholdedReLU'],
    write: (call) => onEveryEntry(call, op('ThresholdedRelu', { alpha: call.settings.number('theta', 1) })),
  },
  {
    classes: ['Softmax'],
    write: (call) => softmax(call, onlyInput(call), call.id, 'Softmax', call.settings.integers('axis') ?? [-1]),
  },
];
