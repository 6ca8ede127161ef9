import type { LayerCall } from '../keras-layers/layer.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { Value } from '../tensorflow/value.ts';
import { FunctionCall, type FunctionDefinition } from './call.ts';
import { entrywiseFunctions } from './entrywise.ts';
import type { Arguments } from './given.ts';
import { imageFunctions } from './images.ts';
import { indexingFunctions } from './indexing.ts';
import { matrixFunctions } from './matrices.ts';
import { reducingFunctions } from './reductions.ts';
import { shapingFunctions } from './shapes.ts';
import { kerasName } from './tensorflow-names.ts';

/** Every function of keras.ops that is understood in a functional model; a new one is an entry in one of these files. */
const definitions: ReadonlyMap<string, FunctionDefinition> = new Map(
  [
    ...entrywiseFunctions,
    ...reducingFunctions,
    ...matrixFunctions,
    ...shapingFunctions,
    ...indexingFunctions,
    ...imageFunctions,
  ].flatMap((definition) => definition.names.map((name) => [name, definition] as const)),
);

export const understoodFunctions: readonly string[] = [...definitions.keys()].toSorted();

/** Classes of layers that stand for a function of TensorFlow, named in the configuration. */
const ofTensorFlow: ReadonlySet<string> = new Set(['TFOpLambda', 'SlicingOpLambda', 'TensorFlowOpLayer']);

/** Whether what stands in the list of layers is a call of a function. */
export const isFunction = ({ className, module }: { readonly className: string; readonly module: string }): boolean =>
  ofTensorFlow.has(className) || /^keras(?:\.src)?\.ops(?:\.|$)/u.test(module);

/** x + 1, keras.ops.mean(x) and the like, called on tensors of a functional model. */
export function writeFunction(layer: LayerCall, given: Arguments<Value>): readonly Value[] {
  const origin = ofTensorFlow.has(layer.className) ? 'tensorflow' : 'keras';
  const stated = layer.settings.text('function', '');
  const name = origin === 'tensorflow' ? kerasName(stated) : layer.className;
  const definition = name === undefined ? undefined : definitions.get(name);
  if (name === undefined || definition === undefined) {
    throw new Unsupported(
      origin === 'tensorflow'
        ? `the function ${stated === '' ? layer.className : `tf.${stated}`} of TensorFlow is not known here`
        : `the function ${layer.className} of keras.ops is not known here`,
    );
  }
  const written = definition.write(new FunctionCall(name, origin, layer, given));
  return written instanceof Value ? [written] : written;
}
