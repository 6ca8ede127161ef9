import { elementCount, numbersOf, type Tensor } from '../../network/tensor.ts';
import { float } from '../tensorflow/draft.ts';
import { Value, range } from '../tensorflow/value.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { axisOf, onlyInput, product, requireSize, weight, type LayerCall, type LayerDefinition } from './layer.ts';

const ones = (count: number): Float32Array => new Float32Array(count).fill(1);

/** gamma, beta, then the moving mean and variance; the first two may be left out. */
function batchNormalisation(call: LayerCall): Value {
  const { draft, id, settings } = call;
  const x = onlyInput(call);
  const [axis] = (settings.integers('axis') ?? [-1]).map((given) => axisOf(call, given, x.rank));
  if (axis === undefined || axis === 0) throw new Unsupported(`it normalises along axis ${axis ?? '?'}`);
  let index = 0;
  const scale = settings.flag('scale', true) ? weight(call, index++, 'gamma', 1) : undefined;
  const center = settings.flag('center', true) ? weight(call, index++, 'beta', 1) : undefined;
  const mean = weight(call, index++, 'moving_mean', 1);
  const variance = weight(call, index, 'moving_variance', 1);
  const count = mean.shape[0]!;
  requireSize(call, 'channels', x.shape[axis], count);
  const parameters = [
    scale === undefined ? draft.floats(`${id}/gamma`, [count], ones(count)) : draft.constant(scale),
    center === undefined ? draft.floats(`${id}/beta`, [count], new Float32Array(count)) : draft.constant(center),
    draft.constant(mean),
    draft.constant(variance),
  ];
  const epsilon = float(settings.number('epsilon', 1e-3));
  const apply = (name: string): string => draft.node('BatchNormalization', id, [name, ...parameters], { epsilon });
  if (axis === x.rank - 1 && x.rank > 2) return Value.channelsFirst(draft, apply(x.firstName), x.shape);
  if (axis === 1) return Value.plain(draft, apply(x.name), x.shape);
  // ONNX normalises along the second axis only.
  const order = [0, axis, ...range(1, x.rank).filter((other) => other !== axis)];
  const turned = draft.node('Transpose', `${id}/axis second`, [x.name], { perm: order });
  const back = order.map((_, place) => order.indexOf(place));
  return Value.plain(draft, draft.node('Transpose', `${id}/axis back`, [apply(turned)], { perm: back }), x.shape);
}

/** What `write` makes of a tensor along its last axes, along any: those that it works along are moved to the end and back. */
function alongLastAxes(call: LayerCall, x: Value, axes: readonly number[], write: (name: string) => string): Value {
  if (axes.includes(0)) throw new Unsupported('it normalises over the samples of a batch');
  const { draft, id } = call;
  const order = [...range(0, x.rank).filter((axis) => !axes.includes(axis)), ...axes];
  if (order.every((axis, place) => axis === place)) return Value.plain(draft, write(x.name), x.shape);
  const turned = draft.node('Transpose', `${id}/axes last`, [x.name], { perm: order });
  const back = draft.node('Transpose', `${id}/axes back`, [write(turned)], {
    perm: order.map((_, axis) => order.indexOf(axis)),
  });
  return Value.plain(draft, back, x.shape);
}

/** The axes of a setting, each once and in their order, which is that of the weights. */
const sortedAxes = (call: LayerCall, rank: number): readonly number[] =>
  [...new Set((call.settings.integers('axis') ?? [-1]).map((axis) => axisOf(call, axis, rank)))].toSorted(
    (a, b) => a - b,
  );

function layerNormalisation(call: LayerCall): Value {
  const { draft, id, settings } = call;
  const x = onlyInput(call);
  if (settings.flag('rms_scaling', false)) return rmsNormalisation(call);
  const axes = sortedAxes(call, x.rank);
  const shape = axes.map((axis) => x.shape[axis] ?? null);
  const count = product(shape.map((size) => size ?? Number.NaN));
  if (Number.isNaN(count)) throw new Unsupported('the size that it normalises is not fixed');
  let index = 0;
  const sizes = shape as readonly number[];
  const scale = settings.flag('scale', true) ? weight(call, index++, 'gamma', axes.length) : undefined;
  const center = settings.flag('center', true) ? weight(call, index, 'beta', axes.length) : undefined;
  requireSize(call, 'entries', count, elementCount((scale ?? center)?.shape ?? sizes));
  return alongLastAxes(call, x, axes, (name) =>
    draft.node(
      'LayerNormalization',
      id,
      [
        name,
        scale === undefined ? draft.floats(`${id}/gamma`, sizes, ones(count)) : draft.constant(scale),
        ...(center === undefined ? [] : [draft.constant(center)]),
      ],
      { axis: -axes.length, epsilon: float(settings.number('epsilon', 1e-3)) },
    ),
  );
}

/** x / sqrt(mean(x^2) + epsilon), in the small operators that a pass of ours recognises. */
function rmsNormalisation(call: LayerCall): Value {
  const { draft, id, settings } = call;
  const x = onlyInput(call);
  const axes = (settings.integers('axis') ?? [-1]).map((axis) => axisOf(call, axis, x.rank));
  if (axes.length !== 1 || axes[0] !== x.rank - 1) {
    // Keras multiplies by the scale along the last axis, whichever it was that it normalised.
    throw new Unsupported('it normalises along axes that are not the last one');
  }
  if (settings.has('rms_scaling') && settings.flag('rms_scaling', false)) {
    throw new Unsupported('it scales by the variance without taking the mean away (rms_scaling)');
  }
  const scale = weight(call, 0, 'scale', 1);
  const square = draft.node('Mul', `${id}/square`, [x.name, x.name]);
  const mean = draft.node('ReduceMean', `${id}/mean`, [square, draft.integers(`${id}/axis`, [-1])], { keepdims: 1 });
  const raised = draft.node('Add', `${id}/raised`, [
    mean,
    draft.scalar(`${id}/epsilon`, settings.number('epsilon', 1e-6)),
  ]);
  const root = draft.node('Sqrt', `${id}/root`, [raised]);
  const quotient = draft.node('Div', `${id}/normalised`, [x.name, root]);
  return Value.plain(draft, draft.node('Mul', id, [quotient, draft.constant(scale)]), x.shape);
}

/** Mean and variance over some of the channels and all places. */
function groupNormalisation(call: LayerCall): Value {
  const { draft, id, settings } = call;
  const x = onlyInput(call);
  const axis = axisOf(call, (settings.integers('axis') ?? [-1])[0] ?? -1, x.rank);
  if (axis !== 1 && axis !== x.rank - 1) throw new Unsupported(`its channels are along axis ${axis}`);
  const channels = x.shape[axis];
  if (typeof channels !== 'number') throw new Unsupported('the number of its channels is not fixed');
  const given = settings.integers('groups')?.[0] ?? 32;
  const groups = given === -1 ? channels : given;
  let index = 0;
  const scale = settings.flag('scale', true) ? weight(call, index++, 'gamma', 1) : undefined;
  const center = settings.flag('center', true) ? weight(call, index, 'beta', 1) : undefined;
  const last = axis === x.rank - 1;
  const source = last ? x.firstName : x.name;
  const name = draft.node(
    'GroupNormalization',
    id,
    [
      source,
      scale === undefined ? draft.floats(`${id}/gamma`, [channels], ones(channels)) : draft.constant(scale),
      center === undefined
        ? draft.floats(`${id}/beta`, [channels], new Float32Array(channels))
        : draft.constant(center),
    ],
    { num_groups: groups, epsilon: float(settings.number('epsilon', 1e-3)) },
  );
  return last && x.rank > 2 ? Value.channelsFirst(draft, name, x.shape) : Value.plain(draft, name, x.shape);
}

/** x / sqrt(max(sum(x^2), 1e-12)). */
function unitNormalisation(call: LayerCall): Value {
  const { id, settings } = call;
  const x = onlyInput(call);
  const axes = (settings.integers('axis') ?? [-1]).map((axis) => axisOf(call, axis, x.rank));
  return unit(call, id, x, axes, 1e-12);
}

export function unit({ draft }: LayerCall, id: string, x: Value, axes: readonly number[], least: number): Value {
  const length = draft.node('ReduceL2', `${id}/length`, [x.name, draft.integers(`${id}/axes`, axes)], { keepdims: 1 });
  const bounded = draft.node('Max', `${id}/at least`, [length, draft.scalar(`${id}/epsilon`, Math.sqrt(least))]);
  return Value.plain(draft, draft.node('Div', id, [x.name, bounded]), x.shape);
}

/** (x - mean) / max(sqrt(variance), 1e-7), with what was adapted to the data, or x * that + mean where inverted. */
function standardised(call: LayerCall): Value {
  const { draft, id, settings, weights } = call;
  const x = onlyInput(call);
  const axes = (settings.integers('axis') ?? (settings.values['axis'] === null ? [] : [-1])).map((axis) =>
    axisOf(call, axis, x.rank),
  );
  const kept = range(0, x.rank).map((axis) => (axes.includes(axis) ? (x.shape[axis] ?? null) : 1));
  const numbers = (name: string, index: number): Float64Array => {
    const given = settings.values[name];
    if (typeof given === 'number') return Float64Array.of(given);
    if (Array.isArray(given)) return Float64Array.from((given.flat(8) as unknown[]).map(Number));
    const tensor: Tensor | undefined = weights.own(index, name);
    if (tensor === undefined) throw new Unsupported(`its ${name} is not in the file`);
    return numbersOf(tensor);
  };
  const [mean, variance] = [numbers('mean', 0), numbers('variance', 1)];
  const expected = product(kept.map((size) => size ?? 1));
  const wide = (values: Float64Array): string | Float64Array =>
    values.length === expected || values.length === 1 ? values : 'its numbers do not fit its input';
  const [center, spread] = [wide(mean), wide(variance.map((value) => Math.max(Math.sqrt(value), 1e-7)))];
  if (typeof center === 'string' || typeof spread === 'string')
    throw new Unsupported('its mean and variance do not fit its input');
  const shapeOf = (values: Float64Array): number[] => (values.length === 1 ? [] : kept.map((size) => size ?? 1));
  const [m, s] = [
    draft.floats(`${id}/mean`, shapeOf(center), center),
    draft.floats(`${id}/deviation`, shapeOf(spread), spread),
  ];
  const name = settings.flag('invert', false)
    ? draft.node('Add', id, [draft.node('Mul', `${id}/scaled`, [x.name, s]), m])
    : draft.node('Div', id, [draft.node('Sub', `${id}/centred`, [x.name, m]), s]);
  return Value.plain(draft, name, x.shape);
}

/** x * scale + offset, one number each or one for every channel. */
function rescaling(call: LayerCall): Value {
  const { draft, id, settings } = call;
  const x = onlyInput(call);
  const constant = (name: string, otherwise: number): string => {
    const given = settings.values[name] ?? otherwise;
    const numbers = Array.isArray(given) ? (given as readonly unknown[]).map(Number) : [Number(given)];
    if (!numbers.every(Number.isFinite)) throw settings.wrong(name, 'a number');
    return draft.floats(`${id}/${name}`, numbers.length === 1 ? [] : [numbers.length], numbers);
  };
  const scaled = draft.node('Mul', `${id}/scaled`, [x.name, constant('scale', 1)]);
  return Value.plain(draft, draft.node('Add', id, [scaled, constant('offset', 0)]), x.shape);
}

export const normalisationLayers: readonly LayerDefinition[] = [
  { classes: ['BatchNormalization', 'BatchNormalizationV1', 'BatchNormalizationV2'], write: batchNormalisation },
  { classes: ['LayerNormalization'], write: layerNormalisation },
  { classes: ['RMSNormalization'], write: rmsNormalisation },
  { classes: ['GroupNormalization'], write: groupNormalisation },
  { classes: ['UnitNormalization'], write: unitNormalisation },
  { classes: ['Normalization'], write: standardised },
  { classes: ['Rescaling'], write: rescaling },
];
