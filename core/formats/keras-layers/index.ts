import { activationLayers } from './activation.ts';
import { applicationLayers } from './applications.ts';
import { attentionLayers } from './attention.ts';
import { convLstmLayers } from './conv-lstm.ts';
import { convolutionLayers } from './convolution.ts';
import { denseLayers } from './dense.ts';
import { identityLayers } from './identities.ts';
import type { LayerDefinition } from './layer.ts';
import { mergingLayers } from './merging.ts';
import { normalisationLayers } from './normalisation.ts';
import { poolingLayers } from './pooling.ts';
import { recurrentLayers } from './recurrent.ts';
import { reshapingLayers } from './reshaping.ts';
import { resizingLayers } from './resizing.ts';
import { spectrumLayers } from './spectra.ts';
import { wrappers } from './wrappers.ts';

/** Every class of keras.layers that has a fixed map. */
export const layerDefinitions: readonly LayerDefinition[] = [
  ...denseLayers,
  ...convolutionLayers,
  ...poolingLayers,
  ...normalisationLayers,
  ...activationLayers,
  ...attentionLayers,
  ...recurrentLayers,
  ...convLstmLayers,
  ...mergingLayers,
  ...reshapingLayers,
  ...resizingLayers,
  ...spectrumLayers,
  ...wrappers,
  ...identityLayers,
  ...applicationLayers,
];

export const definitionOf: ReadonlyMap<string, LayerDefinition> = new Map(
  layerDefinitions.flatMap((definition) => definition.classes.map((name) => [name, definition] as const)),
);
