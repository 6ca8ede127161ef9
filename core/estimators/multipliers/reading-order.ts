import type { Grid } from './normal-form.ts';

/** The elements of a feature map by position, and by channel within a position: neighbours stand near each other. */
export function elementsInReadingOrder({ channels, positions }: Grid): Int32Array {
  const elements = Int32Array.from(channels, (_, i) => i);
  return elements.sort((a, b) => positions[a]! - positions[b]! || channels[a]! - channels[b]!);
}
