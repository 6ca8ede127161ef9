import type { NormInterval } from '../../bound.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import { everySizeNorm } from '../../estimators/norms/every-size.ts';
import { firstNorms } from '../../estimators/norms/operator-norm.ts';
import { elementCount, numbersOf } from '../../network/tensor.ts';
import type { WeightLayer } from '../../network/weight-layer.ts';
import type { Convolution, LinearMap } from '../../operators/linear-map.ts';
import { convolutionMap } from '../../operators/maps/convolution-map.ts';
import { above, below, gamma } from '../../rounding.ts';
import type { LayerNorms } from './norms-of-layer.ts';

/**
 * A kernel says neither size nor stride, mostly neither groups nor even direction. The convolution of stride 1 in one group is larger than all of
 * them: a stride leaves outputs out, a smaller zero padded input is a submatrix, dilation only renames frequencies, and of groups each uses a
 * part of the output channels of this one.
 */
export function convolutionOfKernel({ weight, order, groups = 1 }: WeightLayer): Convolution {
  const [outputChannels, channelsOfGroup, ...kernelSize] = weight.shape as readonly [number, number, ...number[]];
  const size = kernelSize.map((taps) => 2 * taps);
  return {
    // Of a transposed convolution the weight is that of the convolution whose adjoint it is.
    direction: order === 'inputs first' ? 'transposed' : 'forward',
    repeats: 1,
    groups,
    inputChannels: channelsOfGroup * groups,
    outputChannels,
    inputSize: size,
    outputSize: size,
    kernelSize,
    strides: kernelSize.map(() => 1),
    dilations: kernelSize.map(() => 1),
    padsBegin: kernelSize.map((taps) => Math.floor((taps - 1) / 2)),
    padsEnd: kernelSize.map((taps) => taps - 1 - Math.floor((taps - 1) / 2)),
    kernel: numbersOf(weight),
  };
}

const mapOf = (layer: WeightLayer): LinearMap =>
  convolutionMap(convolutionOfKernel(layer), layer.weight.relativeError ?? 0);

/** An interval in every norm that holds whatever the layer is besides its kernel, as long as the kernel fits into the input. */
export async function anySizeNorms(layer: WeightLayer, work: Work): Promise<LayerNorms> {
  const { l1, l2, linf } = await firstNorms(mapOf(layer), work);
  const { entry, filter } = leastNorms(layer);
  // One output reads a whole filter, whatever the stride: in its direction one of the two sums is exact.
  const [rows, columns] = layer.order === 'inputs first' ? [l1, linf] : [linf, l1];
  const wide = { ...columns, lower: Math.min(entry, columns.upper) };
  const least = { ...l2, lower: Math.min(filter, l2.upper), method: anySizeMethod };
  // A depthwise layer adds up no channels, so that one tap is all that is sure.
  const either = hull(layer.mayBeDepthwise === true ? { ...rows, lower: Math.min(entry, rows.lower) } : rows, wide);
  if (layer.order === 'unknown') return { l1: either, l2: least, linf: either };
  return layer.order === 'inputs first' ? { l1: rows, l2: least, linf: wide } : { l1: wide, l2: least, linf: rows };
}

/** The interval of what is one of two. */
export const hull = (one: NormInterval, other: NormInterval): NormInterval => ({
  ...one,
  lower: Math.min(one.lower, other.lower),
  upper: Math.max(one.upper, other.upper),
});

export const anySizeMethod = 'any-size';

/** The best upper end in l2: the supremum of the spectrum. Lower ends of any one convolution hold for its own stride and groups only. */
export async function* anySize(layer: WeightLayer, work: Work): AsyncGenerator<NormInterval> {
  const convolution = convolutionOfKernel(layer);
  const upper = await supremum({ ...convolution, direction: 'forward' }, work);
  if (upper === undefined) return;
  const { filter } = leastNorms(layer);
  // Entries w that stand for exact ones w* with |w - w*| <= e |w*| move the norm by at most e/(1-e) times that of |W|.
  const error = layer.weight.relativeError ?? 0;
  const moved = error === 0 ? 0 : above((error / (1 - error)) * above((await firstNorms(mapOf(layer), work)).l2.upper));
  const end = error === 0 ? upper : above(upper + moved);
  yield { lower: Math.min(filter, end), upper: end, rigor: 'certified', method: anySizeMethod };
}

/** Undefined for a spectrum too large to be kept, and when the time is over. */
async function supremum(convolution: Convolution, work: Work): Promise<number | undefined> {
  try {
    return await everySizeNorm(convolution, new Pace(work));
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    return undefined;
  }
}

/** The largest entry, and the largest length of a filter: what one tap, and one output, stretch at least. Rounded down. */
function leastNorms({ weight, mayBeDepthwise }: WeightLayer): { readonly entry: number; readonly filter: number } {
  const entries = numbersOf(weight);
  const size = elementCount(weight.shape.slice(mayBeDepthwise === true ? 2 : 1));
  const error = gamma(size + 8) + 2 * (weight.relativeError ?? 0);
  let [entry, filter] = [0, 0];
  for (let start = 0; start < entries.length; start += size) {
    let squares = 0;
    for (let at = start; at < start + size; at++) {
      entry = Math.max(entry, Math.abs(entries[at]!));
      squares += entries[at]! ** 2;
    }
    filter = Math.max(filter, Math.sqrt(squares));
  }
  const lowered = (value: number): number => Math.max(0, below(value * (1 - error)));
  return { entry: lowered(entry), filter: lowered(filter) };
}
