import type { NumericArray, Session } from '../../compute/engine.ts';
import type { Work } from '../../compute/work.ts';
import { onlyNeeded } from '../../derivatives/derived-network.ts';
import { differentiable } from '../../derivatives/differentiable.ts';
import { jvp } from '../../derivatives/jvp.ts';
import { vjp } from '../../derivatives/vjp.ts';
import { writeOnnx } from '../../formats/onnx/write.ts';
import type { Network } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { runnableInDoubles } from '../../passes/without-double-kernels.ts';
import { writtenInDoubles } from '../../passes/written-in-doubles.ts';
import { lengthOf, moveInside, type Region } from '../../region.ts';
import { seeded, type Random } from '../witness/random.ts';
import { drawnPoint } from './drawn-points.ts';

/** A tensor that arrives at a kink, and a value at which the smooth layer bends. */
export interface BendingPlace {
  readonly tensor: string;
  readonly value: number;
}

const rounds = 5;
const bisections = 45;

/**
 * A lower end for the smoothness constant: the second derivative of the network along two directions, D2 f (v, w), at random points and at points that were moved to where a unit bends. The directions
 * are improved by turns: w becomes the gradient of u' J v by the point, u the second derivative, as in the power method. Yields what is larger than everything before.
 */
export async function* jacobianChange(
  network: Network,
  output: string,
  places: readonly BendingPlace[],
  region: Region,
  seed: number,
  work: Work,
): AsyncGenerator<number> {
  await using second = await openSecond(network, output, places, work);
  if (second === undefined) return;
  const random = seeded(seed + 7);
  let largest = 0;
  // One point at least: opening the derivatives may take what time there was.
  for (let k = 0; k === 0 || work.remainingSeconds() > 0; k++) {
    await work.breathe();
    const point = await startAt(second, region, places, k, random, work);
    if (point === undefined) continue;
    const unit = (): Float64Array => normed(Float64Array.from({ length: second.inputs }, () => random.normal()));
    let [v, w] = [unit(), unit()];
    for (let round = 0; round < rounds; round++) {
      const bent = await second.along(point, v, w);
      const length = lengthOf(bent, 'l2');
      if (!(length > 0 && Number.isFinite(length))) break;
      if (length > largest) yield (largest = length);
      // The form is symmetric in v and w: each in turn becomes the best partner of the other.
      [v, w] = [w, v];
      w = normed(await second.gradient(point, v, normed(bent)));
    }
  }
}

const normed = (vector: Float64Array): Float64Array => {
  const length = lengthOf(vector, 'l2');
  return length > 0 ? vector.map((value) => value / length) : vector;
};

/** A random point, or one on the way between two at which a unit takes the value where it bends. */
async function startAt(
  second: SecondDerivative,
  region: Region,
  places: readonly BendingPlace[],
  k: number,
  random: Random,
  work: Work,
): Promise<Float64Array | undefined> {
  const from = drawnPoint(region, second.inputs, k, random);
  if (places.length === 0) return from;
  const to = drawnPoint(region, second.inputs, k, random);
  const { tensor, value } = places[k % places.length]!;
  const between = (share: number): Float64Array =>
    moveInside(
      region,
      from.map((a, i) => a + share * (to[i]! - a)),
    );
  const [first, last] = [await second.arriving(from, tensor), await second.arriving(to, tensor)];
  const crossing = Array.from(first.keys()).filter((i) => first[i]! < value !== last[i]! < value);
  const unit = crossing[Math.floor(random.uniform() * crossing.length)];
  if (unit === undefined) return undefined;
  let [low, high] = [0, 1];
  const below = first[unit]! < value;
  for (let step = 0; step < bisections && work.remainingSeconds() > 0; step++) {
    const middle = (low + high) / 2;
    if ((await second.arriving(between(middle), tensor))[unit]! < value === below) low = middle;
    else high = middle;
  }
  return between((low + high) / 2);
}

interface SecondDerivative extends AsyncDisposable {
  readonly inputs: number;
  arriving(point: Float64Array, tensor: string): Promise<Float64Array>;
  /** D2 f (v, w). */
  along(point: Float64Array, v: Float64Array, w: Float64Array): Promise<Float64Array>;
  /** The gradient, by the point, of u' J v. */
  gradient(point: Float64Array, v: Float64Array, u: Float64Array): Promise<Float64Array>;
}

async function openSecond(
  network: Network,
  output: string,
  places: readonly BendingPlace[],
  { engine }: Work,
): Promise<SecondDerivative | undefined> {
  const single = differentiable(network, 'float64');
  const input = single.inputs[0]!.name;
  const { shape } = single.types.get(input)!;
  const ahead = jvp({ network: single, output, by: [input] });
  if ('missing' in ahead) return undefined;
  const [v, moved] = [ahead.directions[0]!, ahead.derivatives[0]!];
  const twice = jvp({ network: ahead.network, output: moved, by: [input] });
  const back = vjp({ network: ahead.network, output: moved, by: [input] });
  if ('missing' in twice || 'missing' in back) return undefined;
  const opened: { readonly session: Session; readonly inputs: ReadonlySet<string> }[] = [];
  const open = async (graph: Network, extra: readonly string[] = []): Promise<(typeof opened)[number]> => {
    const needed = extra.length > 0 ? graph : onlyNeeded(graph);
    const session = await engine.open(writeOnnx(runnableInDoubles(writtenInDoubles(needed)).network, extra), 'cpu');
    opened.push({ session, inputs: new Set(needed.inputs.map(({ name }) => name)) });
    return opened.at(-1)!;
  };
  const sessions = {
    plain: await open(single, [...new Set(places.map(({ tensor }) => tensor))]),
    twice: await open(twice.network),
    back: await open(back.network),
  };
  const run = async (
    which: keyof typeof sessions,
    feeds: Record<string, readonly [Network, Float64Array]>,
    wanted: string,
  ): Promise<Float64Array> => {
    // prettier-ignore
    const { session, inputs } = sessions[which];
    const given = Object.entries(feeds).flatMap(([name, [of, data]]): [string, NumericArray][] =>
      inputs.has(name) ? [[name, { type: 'float64', shape: of.types.get(name)!.shape, data }]] : [],
    );
    return Float64Array.from((await session.run(Object.fromEntries(given)))[wanted]!.data as Float64Array);
  };
  return {
    inputs: elementCount(shape),
    arriving: (point, tensor) => run('plain', { [input]: [single, point] }, tensor),
    along: (point, own, other) =>
      run(
        'twice',
        {
          [input]: [single, point],
          [v]: [twice.network, own],
          [twice.directions[0]!]: [twice.network, other],
        },
        twice.derivatives[0]!,
      ),
    gradient: (point, own, weights) =>
      run(
        'back',
        { [input]: [single, point], [v]: [back.network, own], [back.directions[0]!]: [back.network, weights] },
        back.derivatives[0]!,
      ),
    async [Symbol.asyncDispose]() {
      for (const { session } of opened) await session.dispose();
    },
  };
}
