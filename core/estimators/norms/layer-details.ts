import type { NormInterval } from '../../bound.ts';
import { squaresAreSafe } from '../../compute/linear-algebra/euclidean.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { frobeniusNorm, rootOfSquares } from './frobenius.ts';
import { kernelNorm } from './kernel-norm.ts';
import { written } from './opaque.ts';
import { type ProbabilisticUpper, probabilisticUpper } from './probabilistic-upper.ts';
import { smallestOf } from './smallest.ts';
import { storedSums } from './stored-dense.ts';

/** What else the table says about a layer, all true up to ordinary rounding. Absent where it is too dear to know. */
export interface LayerDetails {
  readonly frobenius?: number;
  /** Squared Frobenius over squared l2 norm: how many directions carry the layer. */
  readonly stableRank?: number;
  readonly smallest?: { readonly value: number; readonly rigor: 'numerical' };
  /** The l2 norm of W W' - I on the smaller side: 0 for an orthogonal layer. */
  readonly orthogonalityGap?: number;
  readonly kernelNorm?: number;
  /** An upper end of the l2 norm that is right but for this probability, where the certified one stays wide. */
  readonly probabilistic?: ProbabilisticUpper;
}

/** A certified interval this wide is worth a probabilistic end, which is narrow enough at the second. */
const wide = 1.01;
const narrow = 1.004;

export async function layerDetails(map: LinearMap, l2: NormInterval, work: Work): Promise<LayerDetails> {
  const pace = new Pace(work);
  const details: { -readonly [K in keyof LayerDetails]: LayerDetails[K] } = {};
  try {
    const frobenius = await frobeniusOf(map, pace);
    if (frobenius !== undefined) {
      details.frobenius = frobenius;
      if (l2.upper > 0) details.stableRank = (frobenius / l2.upper) ** 2;
    }
    if (map.structure.kind === 'convolution') details.kernelNorm = await kernelNorm(map.structure.convolution, pace);
    const smallest = map.rows * map.columns === 0 ? undefined : await smallestOf(map, pace);
    if (smallest !== undefined) {
      details.smallest = { value: smallest, rigor: 'numerical' };
      // The eigenvalues of W W' - I are s^2 - 1: the largest one belongs to an end of the spectrum.
      const gap = Math.max(Math.abs(smallest ** 2 - 1), Math.abs(l2.upper ** 2 - 1));
      // Norms beyond 1e154 have squares that no double holds.
      if (Number.isFinite(gap)) details.orthogonalityGap = gap;
    }
    if (map.structure.kind === 'convolution' && l2.upper > wide * l2.lower) {
      const end = await probabilisticUpper(map.structure.convolution, l2.lower * narrow, pace);
      if (end !== undefined && end.upper < l2.upper) details.probabilistic = end;
    }
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
  }
  return details;
}

async function frobeniusOf(map: LinearMap, pace: Pace): Promise<number | undefined> {
  if (map.rows * map.columns === 0) return 0;
  const { structure } = map;
  if (structure.kind === 'dense' && structure.stored !== undefined) {
    const { largest, squares } = await storedSums(structure.stored, pace);
    if (squaresAreSafe(largest)) return Math.sqrt(squares) * Math.sqrt(structure.repeats);
  }
  return frobeniusNorm(map) ?? (await ofWritten(map, pace));
}

const mostEntries = 2 ** 20;

/** Of a map that can only be applied: a stack of matrices, several layers in one. */
const ofWritten = async (map: LinearMap, pace: Pace): Promise<number | undefined> =>
  map.rows * map.columns > mostEntries ? undefined : rootOfSquares(await written(map, pace));
