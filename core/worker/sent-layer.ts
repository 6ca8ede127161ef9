import type { NormInterval } from '../bound.ts';
import type { LayerTask } from '../inspection/layer-hand.ts';
import type { Convolution, LinearMap } from '../operators/linear-map.ts';
import { convolutionMap } from '../operators/maps/convolution-map.ts';
import { denseMap } from '../operators/maps/dense-map.ts';

/** A layer's task as it crosses threads: the weights themselves, so that the other thread need not open the model. */
export interface SentLayer {
  readonly map: SentMap;
  readonly about: 'l2' | { readonly details: NormInterval };
  readonly seconds: number;
}

type SentMap =
  | {
      readonly kind: 'dense';
      readonly matrix: Float64Array;
      readonly outputs: number;
      readonly inputs: number;
      readonly repeats: number;
      readonly entryError: number;
    }
  | { readonly kind: 'convolution'; readonly convolution: Convolution; readonly entryError: number };

/** undefined for a map that is more than its numbers: code does not cross threads. Those are cheap but for a few. */
export function packed({ structure, entryError }: LinearMap): SentMap | undefined {
  if (structure.kind === 'convolution') return { kind: 'convolution', convolution: structure.convolution, entryError };
  if (structure.kind !== 'dense') return undefined;
  const { matrix, outputs, inputs, repeats } = structure;
  return { kind: 'dense', matrix, outputs, inputs, repeats, entryError };
}

export function unpacked({ map, about, seconds }: SentLayer): LayerTask {
  const made =
    map.kind === 'dense'
      ? denseMap(map.matrix, map.outputs, map.inputs, map.repeats, map.entryError)
      : convolutionMap(map.convolution, map.entryError);
  return { map: () => made, about, seconds };
}
