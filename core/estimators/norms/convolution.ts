import { largestMagnitude, powerOfTwoNear, squaresAreSafe } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Convolution } from '../../operators/linear-map.ts';
import { above, gamma } from '../../rounding.ts';
import { absoluteNormAbove, convolutionSums } from './absolute-sums.ts';
import { circulantNorm } from './circulant-embedding.ts';
import { denseNorm, rescaled } from './dense.ts';
import { symbolFits } from './block-symbol.ts';
import { closed, type Findings } from './interval.ts';
import { cheaperSide, materialisedNorm } from './materialised-convolution.ts';
import { type Polyphase, polyphase } from './polyphase.ts';
import { randomSearch } from './random-search.ts';

/** Rows of a Gram matrix that memory allows. */
const largestGram = 4500;
/** Products of its factorisation up to which the whole operator is written down at once, and up to which to close a gap that is left. */
const materialised = 1.5e8;
const materialisedLate = 3e9;

/** A wider gap than this is worth a larger Gram matrix. */
const narrowEnough = 1.005;

interface Group {
  lower: number;
  upper: number;
  readonly findings: Findings;
  done: boolean;
}

/**
 * Groups are blocks on a diagonal, so the norm is the largest of theirs, not their product. The group that holds the upper end
 * is refined, and only that one, until it is closed or nothing more is known about it. A transposed convolution is the
 * adjoint of the convolution it is described by, with the same norm.
 */
export async function* convolutionNorm(convolution: Convolution, absoluteNorm: number, pace: Pace): Findings {
  const groups = Array.from({ length: convolution.groups }, (_, g): Group => {
    const group = groupOf(convolution, g);
    const ofGroup = convolution.groups === 1 ? absoluteNorm : absoluteNormOf(group);
    return { lower: 0, upper: ofGroup, findings: groupNorm(group, ofGroup, pace), done: false };
  });
  try {
    for (;;) {
      const widest = groups.reduce((most, group) => (group.upper > most.upper ? group : most));
      const lower = groups.reduce((most, group) => Math.max(most, group.lower), 0);
      if (widest.done || closed({ lower, upper: widest.upper })) return;
      const next = await widest.findings.next();
      if (next.done === true) {
        widest.done = true;
        continue;
      }
      widest.lower = Math.max(widest.lower, next.value.lower ?? 0);
      widest.upper = Math.min(widest.upper, next.value.upper ?? Number.POSITIVE_INFINITY);
      yield {
        lower: Math.max(lower, widest.lower),
        upper: groups.reduce((most, group) => Math.max(most, group.upper), 0),
        method: next.value.method,
      };
    }
  } finally {
    // Also when nobody asks for more: what they hold is given back.
    for (const { findings } of groups) await findings.return(undefined);
  }
}

/** One group as a forward convolution of one copy. */
export function groupOf(convolution: Convolution, group: number): Convolution {
  const { groups, kernel } = convolution;
  const size = kernel.length / groups;
  return {
    ...convolution,
    direction: 'forward',
    repeats: 1,
    groups: 1,
    inputChannels: convolution.inputChannels / groups,
    outputChannels: convolution.outputChannels / groups,
    kernel: kernel.subarray(group * size, (group + 1) * size),
  };
}

function absoluteNormOf(group: Convolution): number {
  const { output, input } = convolutionSums(group);
  return absoluteNormAbove({ linf: output, l1: input, relativeError: above(gamma(2 * group.kernel.length + 4)) });
}

async function* groupNorm(group: Convolution, absoluteNorm: number, pace: Pace): Findings {
  if (absoluteNorm === 0) {
    yield { lower: 0, upper: 0, method: 'materialised' };
    return;
  }
  const largest = largestMagnitude(group.kernel);
  if (squaresAreSafe(largest)) {
    yield* scaledGroupNorm(group, absoluteNorm, pace);
    return;
  }
  const scale = powerOfTwoNear(largest);
  const scaled = { ...group, kernel: group.kernel.map((entry) => entry / scale) };
  for await (const finding of scaledGroupNorm(scaled, absoluteNormOf(scaled), pace)) yield rescaled(finding, scale);
}

async function* scaledGroupNorm(group: Convolution, absoluteNorm: number, pace: Pace): Findings {
  using room = pace.room();
  const phases = polyphase(group, (length) => room.doubles(length));
  const [tap] = phases.taps;
  if (tap !== undefined && phases.taps.length === 1 && someWindowIsWhole(group, phases, tap.step)) {
    // 1x1 kernels, and kernels as large as their stride: the same matrix side by side, cut off at most at the border.
    yield* denseNorm({ rows: phases.outputChannels, columns: phases.inputChannels, entries: tap.matrix }, pace);
    return;
  }
  const { size, products } = cheaperSide(group);
  if (size <= largestGram && products <= materialised) {
    yield* materialisedNorm(group, absoluteNorm, pace);
    return;
  }
  let lower = 0;
  let upper = absoluteNorm;
  if (symbolFits(phases))
    for await (const finding of circulantNorm(group, phases, absoluteNorm, pace)) {
      lower = Math.max(lower, finding.lower ?? 0);
      upper = Math.min(upper, finding.upper ?? Number.POSITIVE_INFINITY);
      yield finding;
    }
  else yield { lower: await randomSearch(group, pace), method: 'power-iteration' };
  if (upper > lower * narrowEnough && size <= largestGram && products <= materialisedLate && pace.affords(2 * products))
    yield* materialisedNorm(group, absoluteNorm, pace, lower);
}

/** Whether the single tap meets, for some output position, every remainder inside the input: then its whole matrix is a block of T. */
const someWindowIsWhole = (group: Convolution, phases: Polyphase, step: readonly number[]): boolean =>
  step.every((by, axis) => {
    const furthest = Math.max(...phases.remainders.map((remainder) => remainder[axis]!));
    const first = Math.max(0, by);
    return first - by < group.outputSize[axis]! && first * group.strides[axis]! + furthest < group.inputSize[axis]!;
  });
