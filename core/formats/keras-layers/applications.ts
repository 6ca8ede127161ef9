import { Value } from '../tensorflow/value.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { onlyInput, weight, type LayerCall, type LayerDefinition } from './layer.ts';

/** Every channel by its own number, of ConvNeXt. */
function scaled(call: LayerCall): Value {
  const x = onlyInput(call);
  const scale = call.draft.constant(weight(call, 0, 'gamma', 1));
  return Value.plain(call.draft, call.draft.node('Mul', call.id, [x.name, scale]), x.shape);
}

/** x + scale y, of Inception-ResNet. */
function addedInPart(call: LayerCall): Value {
  const { draft, id, settings, inputs } = call;
  const [x, y] = inputs;
  if (x === undefined || y === undefined || inputs.length > 2) throw new Unsupported('it needs two inputs');
  const scale = draft.scalar(`${id}/scale`, settings.number('scale', 1));
  const part = y.entrywise((name) => draft.node('Mul', `${id}/scaled`, [name, scale]));
  const first = x.isChannelsFirst && part.isChannelsFirst;
  const sum = draft.node('Add', id, first ? [x.firstName, part.firstName] : [x.name, part.name]);
  return first ? Value.channelsFirst(draft, sum, x.shape) : Value.plain(draft, sum, x.shape);
}

/** Classes that the models of keras.applications bring with them. */
export const applicationLayers: readonly LayerDefinition[] = [
  { classes: ['LayerScale'], commonName: true, write: scaled },
  { classes: ['CustomScaleLayer'], commonName: true, write: addedInPart },
  // It drops whole branches in training.
  { classes: ['StochasticDepth'], commonName: true, write: (call) => onlyInput(call) },
];
