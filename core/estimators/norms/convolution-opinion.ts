import {
  largestMagnitude,
  powerOfTwoNear,
  seededVector,
  squaresAreSafe,
} from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Convolution } from '../../operators/linear-map.ts';
import { convolutionMap } from '../../operators/maps/convolution-map.ts';
import { above, below, gamma, tiny } from '../../rounding.ts';
import { angleTables } from './block-symbol.ts';
import { absoluteNormAbove } from './absolute-sums.ts';
import { groupOf } from './convolution.ts';
import { directGram, directlyAtMost, type DirectGram, type DirectSymbol, directSymbol } from './direct-frequencies.ts';
import { halfTorus } from './frequency-sweep.ts';
import { combinations, product } from './landing.ts';
import { cheaperSide } from './materialised-convolution.ts';
import { polyphase, torusSize } from './polyphase.ts';
import { largestSection, scalarSection } from './scalar-section.ts';
import { probedGram } from './probed-gram.ts';
import { known, noEigenvalueAbove, type SecondOpinion, stretchedFrom } from './second-opinion.ts';

/** Rows of the Gram matrix, and products of its factorisation, up to which the whole operator is checked at once. */
const largestBand = 4500;
const mostProducts = 3e9;

/** The opinions of all groups: the norm is the largest of theirs. */
export async function convolutionOpinion(convolution: Convolution, pace: Pace): Promise<SecondOpinion> {
  const opinions: SecondOpinion[] = [];
  for (let g = 0; g < convolution.groups; g++) opinions.push(await groupOpinion(groupOf(convolution, g), pace));
  return {
    lower: opinions.reduce((most, { lower }) => Math.max(most, lower), 0),
    async provesAtMost(c) {
      for (const opinion of opinions) if (!(await opinion.provesAtMost(c))) return false;
      return true;
    },
    route: opinions[0]!.route,
  };
}

/** Divided by a power of two where squares would leave the doubles; `rescaled` of the estimator says why no more than its units are lost. */
async function groupOpinion(group: Convolution, pace: Pace): Promise<SecondOpinion> {
  const size = largestMagnitude(group.kernel);
  if (size === 0 || squaresAreSafe(size)) return nearOneOpinion(group, pace);
  const scale = powerOfTwoNear(size);
  const scaled = await nearOneOpinion({ ...group, kernel: group.kernel.map((entry) => entry / scale) }, pace);
  return {
    ...scaled,
    lower: Math.max(0, below(scaled.lower * scale)),
    provesAtMost: (c) => scaled.provesAtMost(below(c / scale)),
  };
}

async function nearOneOpinion(group: Convolution, pace: Pace): Promise<SecondOpinion> {
  const map = convolutionMap(group);
  // By applying |W| to ones: not by the closed form that the estimator uses.
  const magnitude = map.magnitude();
  const linf = largest(magnitude.apply(new Float64Array(map.columns).fill(1)));
  const l1 = largest(magnitude.applyTransposed(new Float64Array(map.rows).fill(1)));
  const absoluteNorm = absoluteNormAbove({ linf, l1, relativeError: above(gamma(2 * map.terms + 4)) });
  if (absoluteNorm === 0) return known(0, 0, 'the absolute sums');
  const side = cheaperSide(group);
  if (side.size <= largestBand && side.products <= mostProducts) {
    const gram = await probedGram(map, side, pace);
    // Two applications, each entry a sum of at most map.terms products: |dG| <= gamma |T| |T'|.
    const gramError = above(gamma(2 * map.terms + 2) * above(absoluteNorm * absoluteNorm) + side.size * tiny);
    return {
      lower: await stretchedFrom(map, absoluteNorm, 400, pace),
      provesAtMost: (c) => noEigenvalueAbove(gram, gramError, c, pace),
      route:
        'a plain Cholesky factorisation of the operator as it acts on unit vectors, and Lanczos steps from another start',
    };
  }
  const symbol = directSymbol(group, torusSize(polyphase(group)));
  return {
    lower: await stretchedFrom(map, absoluteNorm, 40, pace),
    async provesAtMost(c) {
      if (absoluteNorm <= c) return true;
      for (const parity of combinations(symbol.torus.map(() => [0, 1])))
        if (await provedOnTorus(symbol, parity, c, pace)) return true;
      return false;
    },
    route:
      'the symbol evaluated straight from the kernel, frequency by frequency, and power iteration from another start',
  };
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0);

async function provedOnTorus(symbol: DirectSymbol, parity: readonly number[], c: number, pace: Pace): Promise<boolean> {
  const square = c * c * (1 - 2 ** -50);
  for (const { t } of halfTorus(symbol.torus, parity)) {
    const fits = await directlyAtMost(await directGram(symbol, t, pace), symbol.size, symbol.error, square, pace);
    if (!fits) return provedBySection(symbol, parity, c, pace);
  }
  return true;
}

/** A single frequency above c proves nothing on a small image: the scalar section of all of them may still lie below. */
async function provedBySection(
  symbol: DirectSymbol,
  parity: readonly number[],
  c: number,
  pace: Pace,
): Promise<boolean> {
  const { inputSize, outputSize, strides } = symbol.convolution;
  const coarse = inputSize.map((size, axis) => Math.ceil(size / strides[axis]!));
  if (product(coarse) > largestSection || product(outputSize) > largestSection) return false;
  const bounds: { t: readonly number[]; paired: boolean; bound: number }[] = [];
  for (const { t, paired } of halfTorus(symbol.torus, parity)) {
    bounds.push({ t, paired, bound: await tightBound(symbol, await directGram(symbol, t, pace), pace) });
  }
  return (await scalarSection(angleTables(symbol.torus), bounds, coarse, outputSize, pace)) <= c;
}

async function tightBound({ size, error }: DirectSymbol, gram: DirectGram, pace: Pace): Promise<number> {
  const { value } = await largestEigenpair(
    (x) => realProduct(gram, size, x),
    seededVector(2 * size, 41),
    { steps: 120, tolerance: 1e-8, cost: 4 * size * size },
    pace,
  );
  const square = value * (1 + 1e-5) + 2 * error;
  return (await directlyAtMost(gram, size, error, square, pace)) ? square : gram.trace;
}

function realProduct({ re, im }: DirectGram, n: number, x: Float64Array): Float64Array {
  const y = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    let r = 0;
    let s = 0;
    for (let j = 0; j < n; j++) {
      const a = re[i * n + j]!;
      const b = im[i * n + j]!;
      r += a * x[j]! - b * x[n + j]!;
      s += a * x[n + j]! + b * x[j]!;
    }
    y[i] = r;
    y[n + i] = s;
  }
  return y;
}
