import { UserError } from '../../sentence.ts';
import { quoted } from '../wording.ts';
import type { Reference } from './calls.ts';
import { layerName } from './layer.ts';
import { isModel } from './model-classes.ts';
import { isObject, type Json } from './settings.ts';
import type { CallPlan } from './plan.ts';

/**
 * What a layer is called with, in the order in which it takes it. A model that was made of a list of inputs may be called with a table:
 * each entry goes to the input of its name. One that was made of a table takes both in the order of the names.
 */
export function inputsByName({ layer, inputs, keys }: CallPlan, fileName: string): readonly Reference[] {
  const taken = layer.config['input_layers'];
  if (keys === undefined || keys.length !== inputs.length || !isModel(layer) || !Array.isArray(taken)) return inputs;
  return namesIn(taken as readonly Json[]).map((name) => {
    const place = keys.indexOf(name);
    if (place !== -1) return inputs[place]!;
    throw new UserError(
      `${fileName} calls ${quoted(layerName(layer))} without its input ${quoted(name)}: it is damaged; save it again.`,
    );
  });
}

/** [name, call, result], or a list of them. */
function namesIn(taken: readonly Json[]): readonly string[] {
  if (typeof taken[0] === 'string') return [taken[0]];
  return taken.flatMap((entry) => (isObject(entry) || !Array.isArray(entry) ? [] : namesIn(entry as readonly Json[])));
}
