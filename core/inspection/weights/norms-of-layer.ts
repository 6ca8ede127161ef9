import type { Norm, NormInterval } from '../../bound.ts';
import { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import { frobeniusNorm } from '../../estimators/norms/frobenius.ts';
import { kernelNorm } from '../../estimators/norms/kernel-norm.ts';
import { firstNorms, operatorNorm } from '../../estimators/norms/operator-norm.ts';
import { elementCount, numbersOf } from '../../network/tensor.ts';
import type { WeightLayer } from '../../network/weight-layer.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { denseMap } from '../../operators/maps/dense-map.ts';
import type { LayerEntry } from '../../report/inspection.ts';
import { above, below } from '../../rounding.ts';
import { anySize, anySizeNorms, convolutionOfKernel, hull } from './kernel-at-any-size.ts';
import { streamedNorms } from './streamed-norms.ts';

export type LayerNorms = Readonly<Record<Norm, NormInterval>>;

/** PyTorch's default: the file does not hold it. */
export const assumedEpsilon = 1e-5;

export const epsilonOf = ({ epsilon }: WeightLayer): number => epsilon ?? assumedEpsilon;

/** Matrices with more entries are read in pieces: as doubles they would take more than half a gigabyte. */
const mostEntries = 46_000_000;
/** On the shorter side; the proof of an l2 norm needs the square of it. */
const longestSide = 4500;

/** What the tensors of a layer say about it: an interval in every norm at once, and better ones in l2. Undefined where they do not. */
export interface LayerQuestion {
  first(work: Work): Promise<LayerNorms>;
  better(work: Work): AsyncGenerator<NormInterval>;
  details(work: Work): Promise<Partial<LayerEntry>>;
}

export function questionOf(layer: WeightLayer): LayerQuestion | undefined {
  switch (layer.kind) {
    case 'normalisation':
    case 'unknown':
      return undefined;
    case 'batch norm':
      return closedForm(() => scalingNorm(layer));
    case 'kernel':
      return ofKernel(layer);
    case 'dense':
    case 'embedding':
      return isHuge(layer) ? streamed(layer) : ofMatrix(layer);
  }
}

/** Stored as outputs x inputs the matrix is the map; stored the other way round it is the adjoint, whose l1 and linf norms change places. */
function oriented({ order }: WeightLayer, { l1, l2, linf }: LayerNorms): LayerNorms {
  if (order === 'outputs first') return { l1, l2, linf };
  if (order === 'inputs first') return { l1: linf, l2, linf: l1 };
  const either = hull(l1, linf);
  return { l1: either, l2, linf: either };
}

const isHuge = ({ weight: { shape } }: WeightLayer): boolean =>
  elementCount(shape) > mostEntries || Math.min(...shape) > longestSide;

export function matrixOf({ weight }: WeightLayer): LinearMap {
  const [rows, columns] = weight.shape as readonly [number, number];
  return denseMap(() => numbersOf(weight), rows, columns, 1, weight.relativeError ?? 0);
}

function ofMatrix(layer: WeightLayer): LayerQuestion {
  return {
    first: async (work) => oriented(layer, await firstNorms(matrixOf(layer), work)),
    better: (work) => operatorNorm(matrixOf(layer), 'l2', work),
    details: () => {
      const frobenius = frobeniusNorm(matrixOf(layer));
      return Promise.resolve(frobenius === undefined ? {} : { frobenius });
    },
  };
}

const streamed = (layer: WeightLayer): LayerQuestion => ({
  first: async (work) => oriented(layer, await streamedNorms(layer.weight, work)),
  better: nothing,
  details: () => Promise.resolve({}),
});

const ofKernel = (layer: WeightLayer): LayerQuestion => ({
  first: (work) => anySizeNorms(layer, work),
  better: (work) => anySize(layer, work),
  details: async (work) => ({ kernelNorm: await kernelNorm(convolutionOfKernel(layer), new Pace(work)) }),
});

/** gamma / sqrt(variance + epsilon) on every channel, which is all that evaluation leaves of a BatchNorm. */
function scalingNorm(layer: WeightLayer): LayerNorms {
  const { weight, variance } = layer;
  const spread = numbersOf(variance!);
  const epsilon = epsilonOf(layer);
  const largest = numbersOf(weight).reduce(
    (most, scale, channel) => Math.max(most, Math.abs(scale) / Math.sqrt(spread[channel]! + epsilon)),
    0,
  );
  // Three roundings, and those of a parametrised weight.
  const error = 2 ** -50 + 2 * (weight.relativeError ?? 0);
  const norm: NormInterval = {
    lower: Math.max(0, below(largest * (1 - error))),
    upper: largest === 0 ? 0 : above(largest * (1 + error)),
    rigor: 'certified',
    method: 'largest-entry',
  };
  return { l1: norm, l2: norm, linf: norm };
}

const closedForm = (norms: () => LayerNorms): LayerQuestion => ({
  first: () => Promise.resolve(norms()),
  better: nothing,
  details: () => Promise.resolve({}),
});

async function* nothing(): AsyncGenerator<NormInterval> {
  await Promise.resolve();
  yield* [];
}
