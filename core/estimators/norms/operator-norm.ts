import type { Norm, NormInterval } from '../../bound.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import { type LinearMap, type LinearStructure, matrixOf, type Product } from '../../operators/linear-map.ts';
import { above, below } from '../../rounding.ts';
import { absoluteNormAbove, type AbsoluteSums, absoluteSums, sumAbove, sumBelow } from './absolute-sums.ts';
import { borderedNorm } from './bordered.ts';
import { circularNorm } from './circular.ts';
import { convolutionNorm } from './convolution.ts';
import { denseNorm } from './dense.ts';
import { closed, type Findings, narrowed } from './interval.ts';
import { hasSmallGram, isWrittenDown, opaqueNorm } from './opaque.ts';
import { separableNorm } from './separable.ts';
import { canBeStreamed, storedDenseNorm, storedSums } from './stored-dense.ts';

/**
 * The operator norm of a linear map as certified intervals, each inside the one before: the first at once, the last the best.
 * Stops when the interval is closed, when nothing more is known, or when the budget of `work` is spent.
 */
export async function* operatorNorm(map: LinearMap, norm: Norm, work: Work): AsyncGenerator<NormInterval> {
  if (map.rows === 0 || map.columns === 0) {
    yield ofNothing;
    return;
  }
  const sums = await absoluteSums(map, work);
  if (norm !== 'l2') {
    yield exactInterval(sums, norm);
    return;
  }
  let best = firstInterval(map, sums);
  yield best;
  if (closed(best)) return;
  const absoluteNorm = absoluteNormAbove(sums);
  // Entries w that stand for exact ones w* with |w - w*| <= e |w*| move the norm by at most e/(1-e) times that of |W|.
  const entryError = map.entryError === 0 ? 0 : above((map.entryError / (1 - map.entryError)) * above(absoluteNorm));
  try {
    for await (const { lower, upper, method } of findings(map, absoluteNorm, work)) {
      const better = narrowed(best, {
        ...(lower === undefined ? {} : { lower: entryError === 0 ? lower : Math.max(0, below(lower - entryError)) }),
        ...(upper === undefined ? {} : { upper: entryError === 0 ? upper : above(upper + entryError) }),
        method,
      });
      if (better === undefined) continue;
      best = better;
      yield best;
      if (closed(best)) return;
    }
  } catch (error) {
    // The interval that was yielded last stands.
    if (!(error instanceof OutOfTime)) throw error;
  }
}

/** The first interval in every norm, at the price of one look at the weights; those in l1 and linf are also the last. */
export async function firstNorms(map: LinearMap, work: Work): Promise<Readonly<Record<Norm, NormInterval>>> {
  if (map.rows === 0 || map.columns === 0) return { l1: ofNothing, l2: ofNothing, linf: ofNothing };
  const sums = await absoluteSums(map, work);
  return { l1: exactInterval(sums, 'l1'), l2: firstInterval(map, sums), linf: exactInterval(sums, 'linf') };
}

const ofNothing: NormInterval = { lower: 0, upper: 0, rigor: 'certified', method: 'empty' };

const exactInterval = (sums: AbsoluteSums, norm: 'l1' | 'linf'): NormInterval => ({
  lower: sumBelow(sums[norm], sums.relativeError),
  upper: sums[norm] === 0 ? 0 : sumAbove(sums[norm], sums.relativeError),
  rigor: 'certified',
  method: norm === 'l1' ? 'column-sums' : 'row-sums',
});

/** What l1 and linf alone say: their geometric mean from above, and from below that |W|_inf <= sqrt(columns) |W|_2, |W|_1 <= sqrt(rows) |W|_2. */
function firstInterval(map: LinearMap, sums: AbsoluteSums): NormInterval {
  const { linf, l1, relativeError } = sums;
  if (linf === 0) return { lower: 0, upper: 0, rigor: 'certified', method: 'riesz-thorin' };
  const fromRows = below(sumBelow(linf, relativeError) / above(Math.sqrt(map.columns)));
  const fromColumns = below(sumBelow(l1, relativeError) / above(Math.sqrt(map.rows)));
  return {
    lower: Math.max(0, fromRows, fromColumns),
    upper: absoluteNormAbove(sums),
    rigor: 'certified',
    method: 'riesz-thorin',
  };
}

function findings(map: LinearMap, absoluteNorm: number, work: Work): Findings {
  const pace = new Pace(work);
  const { structure } = map;
  switch (structure.kind) {
    case 'selection':
      return closedForm(squareRoot(structure.largestCopies), 'copies');
    case 'diagonal': {
      const largest = structure.entries.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
      return closedForm({ lower: largest, upper: largest }, 'largest-entry');
    }
    case 'separable':
      return separableNorm(structure.factors, pace);
    case 'dense':
      return ofDense(structure, pace);
    case 'convolution':
      return convolutionNorm(structure.convolution, absoluteNorm, pace);
    case 'opaque':
      if (structure.circular !== undefined) return circularNorm(map, structure.circular, absoluteNorm, pace);
      return structure.product === undefined
        ? opaqueNorm(map, absoluteNorm, pace)
        : productNorm(map, structure.product, absoluteNorm, work);
  }
}

async function* ofDense(structure: Extract<LinearStructure, { kind: 'dense' }>, pace: Pace): Findings {
  const { stored } = structure;
  const sums = stored && (await storedSums(stored, pace));
  yield* sums !== undefined && canBeStreamed(sums)
    ? storedDenseNorm(stored!, sums, pace)
    : denseNorm(matrixOf(structure), pace);
}

/** Where the map is too large to be proved as a whole, the product of the factors' norms from above, as far as each is known by now. */
async function* productNorm(map: LinearMap, { factors, blocks }: Product, absoluteNorm: number, work: Work): Findings {
  const pace = new Pace(work);
  const asWhole = isWrittenDown(map) || hasSmallGram(map);
  let proved = false;
  for await (const finding of asWhole
    ? opaqueNorm(map, absoluteNorm, pace)
    : borderedNorm(map, blocks, absoluteNorm, pace)) {
    // prettier-ignore
    proved ||= finding.upper !== undefined;
    yield finding;
  }
  if (proved) return;
  const uppers: number[] = [];
  for (const factor of factors) uppers.push(absoluteNormAbove(await absoluteSums(factor, work)));
  for (const [k, factor] of factors.entries())
    for await (const { upper } of findings(factor, uppers[k]!, work)) {
      uppers[k] = Math.min(uppers[k]!, upper ?? uppers[k]!);
      yield { upper: uppers.reduce((product, own) => above(product * own), 1), method: 'product-of-parts' };
    }
}

/** The root of a whole number; the most common ones, 1 and 2, are exact. */
function squareRoot(square: number): { lower: number; upper: number } {
  const root = Math.sqrt(square);
  return root * root === square && Number.isInteger(root)
    ? { lower: root, upper: root }
    : { lower: below(root), upper: above(root) };
}

async function* closedForm(ends: { lower: number; upper: number }, method: string): Findings {
  await Promise.resolve();
  yield { ...ends, method };
}
