import { Value } from '../tensorflow/value.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import {
  layerJson,
  layerName,
  noArguments,
  onlyInput,
  reshape,
  type LayerCall,
  type LayerDefinition,
  type LayerJson,
} from './layer.ts';
import { broadcastSizes } from './merging.ts';
import { initialStates, recurrentRun, type Run } from './recurrent.ts';
import { Settings } from './settings.ts';

const wrapped = (call: LayerCall): LayerJson => layerJson(call.settings.values['layer'], call.settings.where);

/** The layer for every step by itself: the steps are samples of their own. */
function timeDistributed(call: LayerCall): Value {
  const x = onlyInput(call);
  const layer = wrapped(call);
  const weights = call.weights.inside('layer', layerName(layer));
  const inner = (value: Value): readonly Value[] =>
    call.write(layer, { id: call.id, layerId: call.layerId, inputs: [value], weights, arguments: noArguments });
  // A dense layer works along the last axis, whatever stands before.
  if (layer.className === 'Dense') return inner(x)[0]!;
  const steps = x.shape[1];
  if (typeof steps !== 'number') throw new Unsupported('the length of its sequence is not fixed');
  const frame = x.shape.slice(2);
  if (frame.includes(null)) throw new Unsupported('the size of its steps is not fixed');
  const results = inner(reshape(call, `${call.id}/steps as samples`, x, frame));
  if (results.length !== 1) throw new Unsupported('the layer in it has several results');
  return reshape(call, `${call.id}/samples as steps`, results[0]!, [steps, ...results[0]!.shape.slice(1)]);
}

/** One layer goes forward, one backward, and both results are joined step by step. */
function bidirectional(call: LayerCall): Value | readonly Value[] {
  const { draft, id, settings } = call;
  const forward = wrapped(call);
  const given = settings.object('backward_layer');
  const backward = given === undefined ? forward : layerJson(given, settings.where);
  const inner = new Settings(forward.config, settings.where);
  const initial = initialStates(call);
  const half = initial.length / 2;
  const name = layerName(forward).replace(/^forward_/u, '');
  const alone = { ...call, inputs: call.inputs.slice(0, 1) };
  const one = (layer: LayerJson, way: 'forward' | 'backward', states: readonly Value[]): Run =>
    recurrentRun(
      alone,
      layer,
      call.weights.inside(`${way}_layer`, `${way}_${name}`),
      `${id}/${way}`,
      `${call.layerId}/${way}`,
      way === 'forward' ? 'forward' : 'reverse',
      states,
    );
  const runs = [
    one(forward, 'forward', initial.slice(0, half)),
    one(backward, 'backward', initial.slice(half)),
  ] as const;
  const [f, b] = runs.map((run) => (inner.flag('return_sequences', false) ? run.sequence : run.last)) as [Value, Value];
  const states = inner.flag('return_state', false) ? runs.flatMap((run) => run.states) : [];
  const joined = (op: string): Value =>
    Value.plain(draft, draft.node(op, id, [f.name, b.name]), broadcastSizes([f, b]));
  const mode = settings.values['merge_mode'] === null ? null : settings.text('merge_mode', 'concat');
  switch (mode) {
    case 'concat': {
      const width = (f.shape.at(-1) ?? 0) + (b.shape.at(-1) ?? 0);
      const both = draft.node('Concat', id, [f.name, b.name], { axis: -1 });
      return [Value.plain(draft, both, [...f.shape.slice(0, -1), width]), ...states];
    }
    case 'sum':
      return [joined('Add'), ...states];
    case 'mul':
      return [joined('Mul'), ...states];
    case 'ave':
      return [joined('Mean'), ...states];
    case null:
      return [f, b, ...states];
    default:
      throw new Unsupported(`it joins both directions by ${JSON.stringify(mode)}`);
  }
}

/** The kernel in the file is the normalised one: training divides it by its norm, inference takes it as it is. */
function spectralNormalisation(call: LayerCall): readonly Value[] {
  const layer = wrapped(call);
  return call.write(layer, {
    id: call.id,
    layerId: call.layerId,
    inputs: call.inputs,
    weights: call.weights.inside('layer', layerName(layer)),
    arguments: call.arguments,
  });
}

/** Layers one after another, as those that prepare images. */
function pipeline(call: LayerCall): readonly Value[] {
  const layers = (call.settings.list('layers') ?? []).map((layer) => layerJson(layer, call.settings.where));
  const weights = call.weights.members(
    'layers',
    layers.map((layer) => ({ className: layer.className, name: layerName(layer) })),
  );
  return layers.reduce<readonly Value[]>(
    (inputs, layer, i) =>
      call.write(layer, {
        id: `${call.id}/${layerName(layer)}`,
        layerId: `${call.layerId}/${layerName(layer)}`,
        inputs,
        weights: weights[i]!,
        arguments: noArguments,
      }),
    call.inputs,
  );
}

export const wrappers: readonly LayerDefinition[] = [
  { classes: ['TimeDistributed'], write: timeDistributed },
  { classes: ['Bidirectional'], write: bidirectional },
  { classes: ['Pipeline'], write: pipeline },
  { classes: ['SpectralNormalization'], write: spectralNormalisation },
];
