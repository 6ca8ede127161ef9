import type { LayerTask } from '../inspection/layer-hand.ts';
import type { LinearMap, LinearStructure } from '../operators/linear-map.ts';
import { convolutionMap } from '../operators/maps/convolution-map.ts';
import { denseMap } from '../operators/maps/dense-map.ts';

/** A layer's task as it crosses threads: the weights themselves, so that the other thread need not open the model. */
export interface SentLayer extends Pick<LayerTask, 'about' | 'seconds'> {
  readonly map: SentMap;
}

interface SentMap extends Pick<LinearMap, 'entryError'> {
  readonly structure: Extract<LinearStructure, { kind: 'dense' | 'convolution' }>;
}

/** undefined for a map that is more than its numbers: code does not cross threads. Those are cheap but for a few. */
export const packed = ({ structure, entryError }: LinearMap): SentMap | undefined =>
  structure.kind === 'dense' || structure.kind === 'convolution' ? { structure, entryError } : undefined;

export function unpacked({ map: { structure, entryError }, about, seconds }: SentLayer): LayerTask {
  const map =
    structure.kind === 'dense'
      ? denseMap(structure.matrix, structure.outputs, structure.inputs, structure.repeats, entryError)
      : convolutionMap(structure.convolution, entryError);
  return { map: () => map, about, seconds };
}
