import { attention } from './attention.ts';
import type { CompositeDefinition } from './composite.ts';
import { causalConvolution, swiGlu } from './convolution-with-state.ts';
import { einsum } from './einsum.ts';
import { geometry } from './geometry.ts';
import { normalisations } from './normalisations.ts';
import { dequantisedByVariable, quantised } from './quantised.ts';
import { recurrentLayers } from './recurrent.ts';
import { composedReductions } from './reductions.ts';
import { rotaryEmbedding } from './rotary-embedding.ts';
import { withoutKernel } from './without-kernel.ts';

/** Every operator that is written out in others; a new one is a new file and a line here. */
export const composites: readonly CompositeDefinition[] = [
  attention,
  rotaryEmbedding,
  ...recurrentLayers,
  causalConvolution,
  swiGlu,
  ...normalisations,
  ...composedReductions,
  einsum,
  ...geometry,
  ...quantised,
  dequantisedByVariable,
  ...withoutKernel,
];

const byName = new Map(composites.flatMap((definition) => definition.ops.map((op) => [op, definition] as const)));

export const compositeOf = (node: { readonly op: string; readonly domain: string }): CompositeDefinition | undefined =>
  node.domain === '' || node.domain === 'ai.onnx' ? byName.get(node.op) : undefined;
