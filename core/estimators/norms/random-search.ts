import { lengthAbove, seededVector } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Convolution } from '../../operators/linear-map.ts';
import { above } from '../../rounding.ts';
import { imageOf } from './image-of.ts';
import { product } from './landing.ts';
import { quotientOf } from './quotient.ts';
import { firstOutputs, stretchedMost } from './single-search.ts';

/** Outputs per axis from which a larger image changes the norm by some thousandths only. */
const wideEnough = 24;

/** Both end within 1 % of the norm also where the spectrum is flat; steps with a matrix cost next to nothing. */
const efforts = { image: { steps: 60, tolerance: 5e-3 }, matrix: { steps: 60, tolerance: 1e-5 } };

/**
 * A certified lower end of a convolution of one group, scaled near 1, about which nothing else is known: Lanczos steps in single precision from a random
 * start, then one quotient in doubles.
 */
export async function randomSearch(convolution: Convolution, pace: Pace): Promise<number> {
  const first = firstOutputs(convolution, wideEnough);
  if (first === undefined) return 0;
  using room = pace.room();
  const effort = product(first.outputSize) === 1 ? efforts.matrix : efforts.image;
  const start = { side: 'input', vector: seededVector(first.inputChannels * product(first.inputSize), 5) } as const;
  const x = await stretchedMost(first, start, effort, room, pace);
  const terms = first.kernel.length / first.outputChannels;
  // Every tap moves the image of one matrix: |T| is no longer than the sum of their Frobenius norms (and Cauchy-Schwarz).
  const absoluteNorm = above(above(Math.sqrt(product(first.kernelSize))) * lengthAbove(first.kernel));
  return quotientOf(await imageOf(first, x, room, pace), x, terms, absoluteNorm);
}
