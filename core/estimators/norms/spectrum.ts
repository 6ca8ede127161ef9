import { largestMagnitude, length, powerOfTwoNear, seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { adjointBlocks, shiftedBlocksMap } from '../../compute/linear-algebra/shifted-blocks.ts';
import type { ScratchRoom } from '../../compute/scratch.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { groupOf } from './convolution.ts';
import { allSingularValues, type Repeated } from './all-singular-values.ts';
import { polyphase } from './polyphase.ts';
import { ritzMeasure, type RitzMeasure } from './ritz-measure.ts';

/** What stretches how much: the singular values of a layer, and the direction that is stretched most. */
export interface Spectrum {
  /** How many singular values there are: min(rows, columns). */
  readonly count: number;
  /** The largest ones, repeated as often as they occur, the largest first. True up to ordinary rounding and convergence. */
  readonly leading: readonly number[];
  readonly histogram: Histogram;
  /** Unit vectors with W input = leading[0] output. */
  readonly pair: { readonly input: Float64Array; readonly output: Float64Array };
}

export interface Histogram {
  /** One more than bins, from 0 to the largest singular value. */
  readonly edges: readonly number[];
  /** How many singular values lie in each bin. */
  readonly counts: readonly number[];
  /** numerical: all of them were computed. estimate: about so many, from Lanczos steps on random vectors. */
  readonly rigor: 'numerical' | 'estimate';
}

const bins = 24;
const mostLeading = 32;

export async function spectrumOf(map: LinearMap, pace: Pace): Promise<Spectrum> {
  const scale = powerOfTwoNear(largestMagnitude(map.apply(seededVector(map.columns, 3))));
  if (scale > 1e-60 && scale < 1e60) return ofSafe(map, pace);
  // Squares of entries this size are no doubles any more.
  const { leading, histogram, ...rest } = await ofSafe(scaledMap(map, 1 / scale), pace);
  const back = (values: readonly number[]): readonly number[] => values.map((value) => value * scale);
  return { ...rest, leading: back(leading), histogram: { ...histogram, edges: back(histogram.edges) } };
}

/** As a map of which nothing else is known. */
const scaledMap = (map: LinearMap, factor: number): LinearMap => ({
  ...map,
  structure: { kind: 'opaque' },
  apply: (x) => map.apply(x).map((value) => value * factor),
  applyTransposed: (y) => map.applyTransposed(y).map((value) => value * factor),
  magnitude: () => scaledMap(map.magnitude(), factor),
});

async function ofSafe(map: LinearMap, pace: Pace): Promise<Spectrum> {
  const count = Math.min(map.rows, map.columns);
  using room = pace.room();
  const gram = gramOf(map, room, pace);
  const { vector } = await largestEigenpair(
    gram.apply,
    seededVector(map.columns, 21),
    { steps: 200, tolerance: 1e-13, cost: gram.cost },
    pace,
  );
  const input = signed(normalised(vector));
  const image = map.apply(input);
  const largest = length(image);
  const pair = { input, output: largest > 0 ? image.map((value) => value / largest) : image };
  const all = await allSingularValues(map, pace);
  if (all !== undefined) {
    const leading = all.flatMap(({ value, times }) =>
      Array.from({ length: Math.min(times, mostLeading) }, () => value),
    );
    return {
      count,
      leading: leading.slice(0, Math.min(count, mostLeading)),
      histogram: histogramOf(all, Math.max(largest, all[0]?.value ?? 0), 'numerical'),
      pair,
    };
  }
  const measure = await ritzMeasure(gram.apply, (seed) => seededVector(map.columns, seed), gram.cost, pace);
  return { count, ...fromMeasure(measure, largest, count, gram.dimension), pair };
}

interface Gram {
  readonly apply: (x: Float64Array) => Promise<Float64Array>;
  /** Products of one application. */
  readonly cost: number;
  /** Number of inputs. */
  readonly dimension: number;
}

/** W' W; for convolutions by products of matrices, which ONNX Runtime makes many times faster than loops. */
function gramOf(map: LinearMap, room: ScratchRoom, pace: Pace): Gram {
  const { structure } = map;
  const plain: Gram = {
    apply: (x) => Promise.resolve(map.applyTransposed(map.apply(x))),
    cost: 2 * map.rows * map.terms,
    dimension: map.columns,
  };
  if (structure.kind !== 'convolution' || structure.convolution.direction === 'transposed') return plain;
  const { convolution } = structure;
  if (convolution.groups > 1 || convolution.repeats > 1 || convolution.strides.some((stride) => stride > 1))
    return plain;
  const phases = polyphase(groupOf(convolution, 0));
  // The products rest by themselves.
  const forward = shiftedBlocksMap(phases, room, pace);
  const backward = shiftedBlocksMap(adjointBlocks(phases), room, pace);
  return { ...plain, apply: async (x) => backward(await forward(x)), cost: 0 };
}

const normalised = (x: Float64Array): Float64Array => {
  const norm = length(x);
  return norm > 0 ? x.map((value) => value / norm) : x;
};

/** Of a direction and its opposite the one whose largest entry is positive. */
function signed(x: Float64Array): Float64Array {
  const largest = x.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? x.map((value) => -value) : x;
}

function histogramOf(values: readonly Repeated[], largest: number, rigor: Histogram['rigor']): Histogram {
  const counts = new Array<number>(bins).fill(0);
  for (const { value, times } of values)
    counts[largest > 0 ? Math.min(bins - 1, Math.floor((bins * value) / largest)) : 0]! += times;
  return { edges: Array.from({ length: bins + 1 }, (_, k) => (largest * k) / bins), counts, rigor };
}

/** Stochastic Lanczos quadrature (Ubaru, Chen and Saad 2017): the weight of a Ritz value says how many eigenvalues it stands for. */
function fromMeasure(
  measure: RitzMeasure,
  largest: number,
  count: number,
  dimension: number,
): Pick<Spectrum, 'leading' | 'histogram'> {
  // W' W has `dimension` eigenvalues, of which all beyond `count` are zero.
  const nothing = dimension - count;
  const values = measure.nodes.map(({ square, weight }) => ({
    value: Math.sqrt(Math.max(0, square)),
    times: weight * dimension,
  }));
  const histogram = histogramOf(values, largest, 'estimate');
  const counts = [...histogram.counts];
  counts[0] = Math.max(0, counts[0]! - nothing);
  const leading = measure.converged.map(Math.sqrt);
  return { leading: leading.length === 0 ? [largest] : leading, histogram: { ...histogram, counts } };
}
