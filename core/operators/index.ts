import { activations } from './activations.ts';
import { add, mean, subtract } from './addition.ts';
import { cast } from './casts.ts';
import { topK, where } from './choice.ts';
import { borderedConv } from './bordered-convolution.ts';
import { circularConv } from './circular-convolution.ts';
import { concat } from './concat.ts';
import { cumSum } from './cumulative.ts';
import { conv, convTranspose } from './convolution.ts';
import { deformConv } from './deformable.ts';
import type { OperatorDefinition } from './definition.ts';
import { gemm, matMul } from './dense.ts';
import { instanceNormalization, rmsNormalization } from './group-normalisation.ts';
import { compress, gatherElements, gatherND, maxUnpool, reverseSequence, trilu } from './indexing.ts';
import { distanceAttention } from './distance-attention.ts';
import { dotProductAttention } from './dot-product-attention.ts';
import { groupSort } from './group-sort.ts';
import { globalLpPool, lpNormalization, lpPool, reduceL1, reduceL2 } from './lengths.ts';
import { localResponse } from './local-response.ts';
import { scatterElements, scatterND } from './scatter.ts';
import { maximum, minimum } from './extremes.ts';
import { globalMaxPool, maxPool } from './max-pooling.ts';
import { divide, multiply, negate } from './multiplication.ts';
import { batchNormalization, layerNormalization } from './normalisation.ts';
import { pad } from './padding.ts';
import { pRelu } from './parametric-relu.ts';
import { pow } from './power.ts';
import { averagePool, globalAveragePool } from './pooling.ts';
import { quantisation } from './quantisation.ts';
import {
  depthToSpace,
  dropout,
  expand,
  flatten,
  gather,
  identity,
  reshape,
  slice,
  spaceToDepth,
  split,
  squeeze,
  tile,
  transposition,
  unsqueeze,
} from './rearrangement.ts';
import { reduceLogSumExp, reduceMax, reduceMean, reduceMin, reduceSum } from './reductions.ts';
import { resize } from './resize.ts';
import { gridSample } from './sampling.ts';
import { shapeOf, sizeOf } from './shape-of.ts';
import { logSoftmax, softmax } from './softmax.ts';
import { argExtreme, hardmax, steps } from './steps.ts';

/** Every operator family there is; a new one is a new file and a line here. */
export const operators: readonly OperatorDefinition[] = [
  ...activations,
  pRelu,
  pow,
  add,
  subtract,
  mean,
  multiply,
  divide,
  negate,
  maximum,
  minimum,
  groupSort,
  gemm,
  matMul,
  conv,
  convTranspose,
  circularConv,
  borderedConv,
  deformConv,
  averagePool,
  globalAveragePool,
  maxPool,
  globalMaxPool,
  batchNormalization,
  layerNormalization,
  softmax,
  distanceAttention,
  dotProductAttention,
  logSoftmax,
  reduceMean,
  reduceSum,
  reduceMax,
  reduceMin,
  reduceLogSumExp,
  resize,
  gridSample,
  pad,
  concat,
  split,
  identity,
  dropout,
  flatten,
  reshape,
  squeeze,
  unsqueeze,
  transposition,
  slice,
  gather,
  expand,
  tile,
  depthToSpace,
  spaceToDepth,
  cast,
  shapeOf,
  sizeOf,
  where,
  topK,
  cumSum,
  gatherElements,
  gatherND,
  trilu,
  reverseSequence,
  compress,
  maxUnpool,
  scatterElements,
  scatterND,
  reduceL1,
  reduceL2,
  lpPool,
  globalLpPool,
  lpNormalization,
  instanceNormalization,
  rmsNormalization,
  localResponse,
  ...steps,
  argExtreme,
  hardmax,
  ...quantisation,
];

const byName = new Map(operators.flatMap((definition) => definition.ops.map((op) => [op, definition] as const)));

/** What is known about an operator, or undefined when nothing is. */
export const operatorOf = (node: { readonly op: string; readonly domain: string }): OperatorDefinition | undefined =>
  node.domain === '' || node.domain === 'ai.onnx' ? byName.get(node.op) : undefined;
