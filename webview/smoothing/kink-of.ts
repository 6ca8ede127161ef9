import type { LayerEntry } from '../../core/report/inspection.ts';

/**
 * The layer with kinks that a selected layer leads into: a convolution has none, the activation behind it has. The layer itself where
 * it has some; undefined behind the last.
 */
export function kinkOf(
  selected: LayerEntry['id'] | undefined,
  layers: readonly LayerEntry[],
  bent: ReadonlySet<LayerEntry['id']>,
): LayerEntry['id'] | undefined {
  if (selected === undefined) return undefined;
  const place = layers.findIndex(({ id }) => id === selected);
  // A folded or split layer may have no row in the table of the network.
  if (place < 0) return bent.has(selected) ? selected : undefined;
  return layers.slice(place).find(({ id }) => bent.has(id))?.id;
}
