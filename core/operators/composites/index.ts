import { attention } from './attention.ts';
import type { CompositeDefinition } from './composite.ts';
import { causalConvolution, swiGlu } from './convolution-with-state.ts';
import { einsum } from './einsum.ts';
import { flexAttention } from './flex-attention.ts';
import { geometry } from './geometry.ts';
import { linearAttention } from './linear-attention.ts';
import { normalisations } from './normalisations.ts';
import { columnsToImage, oneHot } from './picks.ts';
import { dequantisedByVariable, quantised } from './quantised.ts';
import { recurrentLayers } from './recurrent.ts';
import { composedReductions } from './reductions.ts';
import { rotaryEmbedding } from './rotary-embedding.ts';
import { runtimeOwn } from './runtime-own.ts';
import { runtimeQuantised } from './runtime-quantised.ts';
import { withoutKernel } from './without-kernel.ts';

/** Every operator that is written out in others; a new one is a new file and a line here. */
export const composites: readonly CompositeDefinition[] = [
  attention,
  flexAttention,
  linearAttention,
  rotaryEmbedding,
  ...recurrentLayers,
  causalConvolution,
  swiGlu,
  ...normalisations,
  ...composedReductions,
  einsum,
  ...geometry,
  oneHot,
  columnsToImage,
  ...quantised,
  dequantisedByVariable,
  ...withoutKernel,
  ...runtimeOwn,
  ...runtimeQuantised,
];

const home = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

const byName = new Map(
  composites.flatMap((definition) =>
    definition.ops.map((op) => [`${definition.domain ?? ''}:${op}`, definition] as const),
  ),
);

export const compositeOf = (node: { readonly op: string; readonly domain: string }): CompositeDefinition | undefined =>
  byName.get(`${home(node.domain)}:${node.op}`);
