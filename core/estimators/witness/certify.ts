import type { Norm, Witness } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import type { Network } from '../../network/network.ts';
import { exactly, type Enclosure } from '../../operators/enclosure.ts';
import { above, below, gamma } from '../../rounding.ts';
import { encloseNetwork } from '../ranges/enclose-network.ts';

/**
 * A certified lower end from two points: their images are enclosed in doubles with outward rounding, so that the smallest possible
 * |f(x) - f(y)| over the largest possible |x - y| is a true quotient of the network. undefined when an operator cannot be enclosed.
 */
export async function certifiedQuotient(
  network: Network,
  output: string,
  { x, y }: Witness,
  norm: Norm,
  work: Work,
): Promise<number | undefined> {
  const fx = await enclosedImage(network, output, x, work);
  const fy = fx && (await enclosedImage(network, output, y, work));
  return fx && fy && quotientOfImages({ x, y }, fx, fy, norm);
}

/** What the network makes of a point, proved; undefined when an operator cannot be enclosed or the time is over. */
export async function enclosedImage(
  network: Network,
  output: string,
  point: readonly number[],
  work: Work,
): Promise<Enclosure | undefined> {
  const input = network.inputs[0]!.name;
  const box = exactly(network.types.get(input)!.shape, Float64Array.from(point));
  return (await encloseNetwork(network, box, work, new Set([output]))).get(output);
}

export function quotientOfImages({ x, y }: Witness, fx: Enclosure, fy: Enclosure, norm: Norm): number | undefined {
  const apart = Float64Array.from(fx.lower, (_, i) =>
    Math.max(0, below(fx.lower[i]! - fy.upper[i]!), below(fy.lower[i]! - fx.upper[i]!)),
  );
  const distance = Float64Array.from(x, (value, i) => above(Math.abs(value - y[i]!)));
  const quotient = below(lengthBelow(apart, norm) / lengthAbove(distance, norm));
  return Number.isFinite(quotient) ? Math.max(0, quotient) : undefined;
}

const lengthBelow = (vector: Float64Array, norm: Norm): number =>
  below(length(vector, norm) * (1 - gamma(vector.length + 8)));
const lengthAbove = (vector: Float64Array, norm: Norm): number =>
  above(length(vector, norm) * (1 + gamma(vector.length + 8)));

function length(vector: Float64Array, norm: Norm): number {
  if (norm === 'l1') return vector.reduce((sum, value) => sum + Math.abs(value), 0);
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (norm === 'linf' || largest === 0) return largest;
  return largest * Math.sqrt(vector.reduce((sum, value) => sum + (value / largest) ** 2, 0));
}
