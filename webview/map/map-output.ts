import type { Inspection, LayerEntry } from '../../core/report/inspection.ts';
import type { LipschitzMap } from '../../core/report/map.ts';
import { l10n } from '../l10n.ts';

/** Up to where the map looks: the tensor that a layer gives, or undefined for the output of the question. */
export type MapOutput = string | undefined;

/** The tensor by which a map is drawn up to this layer; undefined where that is the output of the question, or nothing has it. */
export function outputOf({ model }: Inspection, { tensor }: LayerEntry): MapOutput {
  return tensor === model.output ? undefined : tensor;
}

/** What can be chosen: the output, the layer that was chosen, and the layer that is selected in all tabs. */
export function outputChoices(
  inspection: Inspection,
  chosen: MapOutput,
  selected: LayerEntry['id'] | undefined,
): readonly (readonly [tensor: string, words: string])[] {
  const layer = inspection.layers.find(({ id }) => id === selected);
  const offered = layer && outputOf(inspection, layer);
  return [
    ['', l10n.t('the output {0}', inspection.model.output)],
    ...(chosen === undefined || chosen === offered ? [] : [[chosen, layerOf(inspection, chosen)] as const]),
    ...(offered === undefined ? [] : [[offered, l10n.t('{0} (selected)', layer!.name)] as const]),
  ];
}

/** What a map that is on screen is of. */
export const outputSentence = (inspection: Inspection, { model }: LipschitzMap): string =>
  model.output === inspection.model.output
    ? l10n.t('From {0} to {1}.', model.input, model.output)
    : l10n.t('From {0} to what {1} gives, inside the network.', model.input, layerOf(inspection, model.output));

const layerOf = ({ layers }: Inspection, tensor: string): string =>
  layers.find((layer) => layer.tensor === tensor)?.name ?? tensor;
