import { activationDerivatives, pReluDerivative } from './activation-slopes.ts';
import {
  differenceDerivative,
  extremeDerivative,
  meanDerivative,
  negationDerivative,
  productDerivative,
  quotientDerivative,
  sumDerivative,
  whereDerivative,
} from './arithmetic.ts';
import { topKDerivative } from './choice.ts';
import { convDerivative, convTransposeDerivative } from './convolution.ts';
import { flat, type Derivative } from './derivative.ts';
import { globalLpPoolDerivative, lpNormalizationDerivative, lpPoolDerivative } from './lengths.ts';
import {
  batchNormDerivative,
  instanceNormDerivative,
  layerNormDerivative,
  localResponseDerivative,
  rmsNormDerivative,
} from './normalisation.ts';
import {
  averagePoolDerivative,
  globalAveragePoolDerivative,
  globalMaxPoolDerivative,
  maxPoolDerivative,
} from './pooling.ts';
import { gemmDerivative, matMulDerivative } from './products.ts';
import {
  castDerivative,
  concatDerivative,
  depthToSpaceDerivative,
  expandDerivative,
  gatherDerivative,
  reshapeDerivative,
  sliceDerivative,
  spaceToDepthDerivative,
  splitDerivative,
  tileDerivative,
  transpositionDerivative,
} from './rearrangement.ts';
import { cumSumDerivative, reductionDerivatives } from './reductions.ts';
import { logSoftmaxDerivative, softmaxDerivative } from './softmax.ts';
import { scatterDerivative } from './scatter.ts';
import { selectionDerivative } from './selections.ts';
import { padDerivative, resizeDerivative } from './stretching.ts';
import { deformConvDerivative, gridSampleDerivative } from './taps.ts';

/** The derivative of every operator that has one here; a new one is a rule in the file of its family and a line in this table. */
const derivatives: Readonly<Record<string, Derivative>> = {
  ...activationDerivatives,
  PRelu: pReluDerivative,
  Add: sumDerivative,
  Sum: sumDerivative,
  Sub: differenceDerivative,
  Mean: meanDerivative,
  Mul: productDerivative,
  Div: quotientDerivative,
  Neg: negationDerivative,
  Max: extremeDerivative,
  Min: extremeDerivative,
  Where: whereDerivative,
  Gemm: gemmDerivative,
  MatMul: matMulDerivative,
  Conv: convDerivative,
  ConvTranspose: convTransposeDerivative,
  AveragePool: averagePoolDerivative,
  GlobalAveragePool: globalAveragePoolDerivative,
  MaxPool: maxPoolDerivative,
  GlobalMaxPool: globalMaxPoolDerivative,
  BatchNormalization: batchNormDerivative,
  LayerNormalization: layerNormDerivative,
  InstanceNormalization: instanceNormDerivative,
  RMSNormalization: rmsNormDerivative,
  LRN: localResponseDerivative,
  LpNormalization: lpNormalizationDerivative,
  LpPool: lpPoolDerivative,
  GlobalLpPool: globalLpPoolDerivative,
  CumSum: cumSumDerivative,
  TopK: topKDerivative,
  ScatterElements: scatterDerivative,
  ScatterND: scatterDerivative,
  Scatter: scatterDerivative,
  ...Object.fromEntries(
    ['GatherElements', 'GatherND', 'Trilu', 'ReverseSequence', 'Compress', 'MaxUnpool'].map((op) => [
      op,
      selectionDerivative,
    ]),
  ),
  Softmax: softmaxDerivative,
  LogSoftmax: logSoftmaxDerivative,
  ...reductionDerivatives,
  Resize: resizeDerivative,
  GridSample: gridSampleDerivative,
  DeformConv: deformConvDerivative,
  Pad: padDerivative,
  Concat: concatDerivative,
  Split: splitDerivative,
  Identity: reshapeDerivative,
  Dropout: reshapeDerivative,
  Flatten: reshapeDerivative,
  Reshape: reshapeDerivative,
  Squeeze: reshapeDerivative,
  Unsqueeze: reshapeDerivative,
  Transpose: transpositionDerivative,
  Slice: sliceDerivative,
  Gather: gatherDerivative,
  Expand: expandDerivative,
  Tile: tileDerivative,
  DepthToSpace: depthToSpaceDerivative,
  SpaceToDepth: spaceToDepthDerivative,
  Cast: castDerivative,
  ...Object.fromEntries(
    ['Sign', 'Floor', 'Ceil', 'Round', 'Hardmax', 'ArgMax', 'ArgMin', 'Shape', 'Size', 'ConstantOfShape'].map((op) => [
      op,
      flat,
    ]),
  ),
  ...Object.fromEntries(
    ['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'Not', 'And', 'Or', 'Xor', 'IsNaN', 'IsInf'].map(
      (op) => [op, flat],
    ),
  ),
};

/** How an operator's derivative is written down, or undefined where it has none or none is known yet. */
export const derivativeOf = (node: { readonly op: string; readonly domain: string }): Derivative | undefined =>
  node.domain === '' || node.domain === 'ai.onnx' ? derivatives[node.op] : undefined;
