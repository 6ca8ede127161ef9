import { expect } from 'vitest';
import type { Engine, Session } from '../../core/compute/engine.ts';
import { onlyNeeded, type DerivedNetwork, type MissingDerivative } from '../../core/derivatives/derived-network.ts';
import { differentiable } from '../../core/derivatives/differentiable.ts';
import { jvp } from '../../core/derivatives/jvp.ts';
import { vjp } from '../../core/derivatives/vjp.ts';
import { encloseNetwork } from '../../core/estimators/ranges/enclose-network.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import type { Network } from '../../core/network/network.ts';
import { elementCount } from '../../core/network/tensor.ts';
import { exactly } from '../../core/operators/enclosure.ts';
import { runnableInDoubles } from '../../core/passes/without-double-kernels.ts';
import { workOf } from '../estimators/norms/small-maps.ts';

/** A derivative that runs in doubles. */
export interface Running extends AsyncDisposable {
  readonly inSingle: readonly string[];
  at(point: Float64Array, direction: Float64Array): Promise<Float64Array>;
}

export async function running(derivative: DerivedNetwork, engine: Engine): Promise<Running> {
  const { network, inSingle } = runnableInDoubles(onlyNeeded(derivative.network));
  const session: Session = await engine.open(writeOnnx(network), 'cpu');
  const array = (name: string, data: Float64Array) =>
    ({ type: 'float64', shape: network.types.get(name)!.shape, data }) as const;
  return {
    inSingle,
    async at(point, direction) {
      const feeds: Record<string, ReturnType<typeof array>> = {};
      const given = new Set(network.inputs.map(({ name }) => name));
      // A derivative that is zero everywhere reads neither the point nor the direction.
      const x = derivative.network.inputs[0]!.name;
      if (given.has(x)) feeds[x] = array(x, point);
      const along = derivative.directions[0]!;
      if (given.has(along)) feeds[along] = array(along, direction);
      return Float64Array.from((await session.run(feeds))[derivative.derivatives[0]!]!.data as Float64Array);
    },
    [Symbol.asyncDispose]: () => session.dispose(),
  };
}

/** The network in doubles, by enclosures of points, which share no line with the derivatives. */
export async function valueAt(
  network: Network,
  output: string,
  point: Float64Array,
): Promise<Float64Array | undefined> {
  const { shape } = network.types.get(network.inputs[0]!.name)!;
  const image = (await encloseNetwork(network, exactly(shape, point), workOf(), new Set([output]))).get(output);
  return image?.lower.map((low, i) => low + (image.upper[i]! - low) / 2);
}

export interface Difference {
  readonly slope: Float64Array;
  /** Where the slopes from both sides do not agree: a kink is near. */
  readonly kinked: readonly boolean[];
}

/** Fourth order: the error is some h^4 and 1e-14 / h. */
export async function difference(
  network: Network,
  output: string,
  x: Float64Array,
  v: Float64Array,
): Promise<Difference | undefined> {
  const h = 2 ** -13;
  const at = (t: number) =>
    valueAt(
      network,
      output,
      x.map((value, i) => value + t * h * v[i]!),
    );
  const [a, b, center, c, d] = [await at(-2), await at(-1), await at(0), await at(1), await at(2)];
  if (!a || !b || !center || !c || !d) return undefined;
  const slope = center.map((_, i) => (a[i]! - 8 * b[i]! + 8 * c[i]! - d[i]!) / (12 * h));
  if (!slope.every(Number.isFinite)) return undefined;
  // Four slopes in a row lie on a line up to h^2 f''' where the function is smooth, and far from it where it has a kink.
  const scale = 4 * size(slope) + 1e-3;
  const kinked = Array.from(center, (value, i) => {
    const [s1, s2, s3, s4] = [
      (b[i]! - a[i]!) / h,
      (value - b[i]!) / h,
      (c[i]! - value) / h,
      (d[i]! - c[i]!) / h,
    ] as const;
    return Math.max(Math.abs(s1 - 2 * s2 + s3), Math.abs(s2 - 2 * s3 + s4)) > 1e-6 * scale;
  });
  return { slope, kinked };
}

export const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const size = (a: Float64Array): number => a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

export type Outcome =
  | { readonly kind: 'checked'; readonly inSingle: readonly string[]; readonly kinked: number; readonly count: number }
  | { readonly kind: 'missing'; readonly reason: string };

/** J v equals finite differences and J' u is its transpose, at one point. */
export async function checkDerivatives(
  runnable: Network,
  output: string,
  point: Float64Array,
  engine: Engine,
): Promise<Outcome> {
  const network = differentiable(runnable, 'float64');
  const forward: DerivedNetwork | MissingDerivative = jvp({ network, output });
  if ('missing' in forward) return { kind: 'missing', reason: forward.missing.reason };
  const backward = vjp({ network, output });
  if ('missing' in backward) return { kind: 'missing', reason: backward.missing.reason };
  await using ahead = await running(forward, engine);
  await using back = await running(backward, engine);
  const outputs = elementCount(network.types.get(output)!.shape);
  const v = Float64Array.from(point, (_, i) => Math.sin(3 * i + 1));
  const u = Float64Array.from({ length: outputs }, (_, i) => Math.cos(2 * i + 0.5));
  const moved = await ahead.at(point, v);
  const gradient = await back.at(point, u);
  const inSingle = [...new Set([...ahead.inSingle, ...back.inSingle])];
  const truth = await difference(runnable, output, point, v);
  if (truth === undefined) return { kind: 'missing', reason: 'the point has no enclosure' };
  const tolerance = 1e-6 * (size(truth.slope.map((value, i) => (truth.kinked[i] ? 0 : value))) + 1e-6);
  let kinked = 0;
  moved.forEach((value, i) => {
    if (truth.kinked[i]) kinked++;
    else if (!(Math.abs(value - truth.slope[i]!) <= tolerance))
      expect.fail(`Output ${i} moves by ${value}, its difference quotient is ${truth.slope[i]!}.`);
  });
  const [ahead1, back1] = [dot(moved, u), dot(v, gradient)];
  const scale =
    moved.reduce((sum, value, i) => sum + Math.abs(value * u[i]!), 0) +
    gradient.reduce((sum, value, i) => sum + Math.abs(value * v[i]!), 0);
  if (!(Math.abs(ahead1 - back1) <= (inSingle.length > 0 ? 1e-6 : 1e-12) * scale + 1e-300))
    expect.fail(`<J v, u> is ${ahead1}, <v, J' u> is ${back1}.`);
  return { kind: 'checked', inSingle, kinked, count: outputs };
}
