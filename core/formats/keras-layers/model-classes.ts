import type { LayerJson } from './layer.ts';

/** Keras's own classes of models, which are layers of other models. */
const known: ReadonlySet<string> = new Set(['Sequential', 'Functional', 'Model']);

/**
 * A model of a class of the user that was made of inputs and outputs (`class Gan(keras.Model)` with a `train_step`, `Gan(x, y)`): Keras
 * writes the same graph as for any functional model. Were `call` overridden as well, the graph would not be what is run.
 */
export const hasGraphOfItsOwn = ({ className, config }: LayerJson): boolean =>
  !known.has(className) && Array.isArray(config['layers']) && 'input_layers' in config && 'output_layers' in config;

/** Whether the configuration says how layers follow one another. */
export const isModel = (layer: LayerJson): boolean => known.has(layer.className) || hasGraphOfItsOwn(layer);
