import type { Norm, Witness } from '../bound.ts';
import type { Engine, NumericArray, Session } from '../compute/engine.ts';
import { seeded, type Random } from '../estimators/witness/random.ts';
import { writeOnnx } from '../formats/onnx/write.ts';
import { elementCount, type TensorType } from '../network/tensor.ts';
import { lengthOf, moveInside, type Region } from '../region.ts';
import type { NoiseGrowth, SampledLayer } from '../report/noise-growth.ts';
import { RequestError } from '../sentence.ts';
import { analyse, layerEntries } from './layers.ts';
import { openModel } from './open-model.ts';
import { startPace } from './pace.ts';
import { readRegion } from './region-syntax.ts';
import type { InspectionRequest } from './request.ts';

export interface GrowthRequest extends InspectionRequest {
  /** The size of the changes at the input, in the norm of the request. */
  readonly noise: number;
  readonly seed: number;
  /** The pair behind the inspection's lower end: the steepest direction that is known. */
  readonly witness?: Witness;
}

const mostPoints = 8;
const directions = 8;
const mostSeconds = 5;

/**
 * Moves points of the region by changes of one size and looks at every layer's output on the engine (Couellan, sec. 4, as far as
 * sampling goes). The points are the region's middle and others around it; the changes are random directions, and the
 * inspection's witness. All of it is lower than what can happen: labelled as sampled wherever it stands.
 */
export async function noiseGrowth(request: GrowthRequest, engine: Engine, signal: AbortSignal): Promise<NoiseGrowth> {
  const { norm, noise } = request;
  if (!(noise > 0)) throw new RequestError(`A change of size ${noise} is none: ask for a positive size.`);
  const pace = startPace(engine, signal, Math.min(mostSeconds, request.budgetSeconds));
  const work = pace.until(mostSeconds);
  using model = await openModel(request, engine);
  const { runnable, analysed, input } = model.prepared;
  const layers = layerEntries(model.prepared, analyse(analysed, undefined)).flatMap(({ id, tensor }) =>
    tensor !== undefined && runnable.types.has(tensor) ? [{ id, tensor }] : [],
  );
  const type = runnable.types.get(input)!;
  const tensors = [...new Set(layers.map(({ tensor }) => tensor))];
  await using session = await opened(engine, writeOnnx(runnable, tensors));
  const region = readRegion(request.region, elementCount(type.shape));
  const random = seeded(request.seed);
  const tally = new Tally(layers, norm);

  const at = (point: Float64Array): Promise<Images> => run(session.session, input, type, point);
  if (request.witness !== undefined) {
    const start = Float64Array.from(request.witness.x);
    const moved = along(start, Float64Array.from(request.witness.y), noise, norm, region);
    if (moved !== undefined) tally.witness(await at(start), await at(moved));
  }
  let points = 0;
  for (; points < mostPoints && (points === 0 || work.remainingSeconds() > 0); points++) {
    const start = pointOf(region, elementCount(type.shape), points === 0 ? 'middle' : random);
    const before = await at(start);
    for (let k = 0; k < directions; k++) {
      await work.breathe();
      const goal = start.map((value) => value + random.normal());
      const moved = along(start, goal, noise, norm, region);
      if (moved !== undefined) tally.random(before, await at(moved));
    }
  }
  return { norm, noise, points, directions, ...tally.result() };
}

type Images = Readonly<Record<string, NumericArray>>;

async function opened(engine: Engine, model: Uint8Array): Promise<{ readonly session: Session } & AsyncDisposable> {
  try {
    const session = await engine.open(model, 'chosen');
    return { session, [Symbol.asyncDispose]: () => session.dispose() };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    throw new RequestError(`ONNX Runtime does not run this network, so nothing can be sampled: ${reason}`);
  }
}

function run(session: Session, input: string, { type, shape }: TensorType, point: Float64Array): Promise<Images> {
  const data = type === 'float64' ? point : Float32Array.from(point);
  return session.run({ [input]: { type, shape, data } });
}

/** From start so far towards goal, inside the region; undefined where the region leaves no room for half of it. */
function along(
  start: Float64Array,
  goal: Float64Array,
  noise: number,
  norm: Norm,
  region: Region,
): Float64Array | undefined {
  const way = goal.map((value, i) => value - start[i]!);
  const length = lengthOf(way, norm);
  if (!(length > 0)) return undefined;
  const moved = moveInside(
    region,
    start.map((value, i) => value + (noise / length) * way[i]!),
  );
  const gone = lengthOf(
    moved.map((value, i) => value - start[i]!),
    norm,
  );
  return gone < noise / 2 ? undefined : moved;
}

function pointOf(region: Region, size: number, random: Random | 'middle'): Float64Array {
  if (region.kind === 'box')
    return region.lower.map((low, i) => {
      const share = random === 'middle' ? 0.5 : random.uniform();
      return low + share * (region.upper[i]! - low);
    });
  const middle = region.kind === 'ball' ? region.center : new Float64Array(size);
  if (random === 'middle') return middle;
  const spread = region.kind === 'ball' ? region.radius : 1;
  return moveInside(
    region,
    middle.map((value) => value + spread * random.normal()),
  );
}

/** What every layer's output moved by. */
class Tally {
  readonly #layers: readonly { readonly id: string; readonly tensor: string }[];
  readonly #norm: Norm;
  readonly #sums: Float64Array;
  readonly #largest: Float64Array;
  #witness: readonly number[] | undefined;
  #count = 0;

  constructor(layers: readonly { readonly id: string; readonly tensor: string }[], norm: Norm) {
    this.#layers = layers;
    this.#norm = norm;
    this.#sums = new Float64Array(layers.length);
    this.#largest = new Float64Array(layers.length);
  }

  random(before: Images, after: Images): void {
    const moved = this.#moved(before, after);
    this.#count += 1;
    moved.forEach((size, i) => (this.#sums[i]! += size));
  }

  witness(before: Images, after: Images): void {
    this.#witness = this.#moved(before, after);
  }

  result(): Pick<NoiseGrowth, 'alongWitness' | 'layers'> {
    const witness = this.#witness;
    return {
      alongWitness: witness !== undefined,
      layers: this.#layers.map(({ id }, i): SampledLayer => {
        const mean = this.#count === 0 ? 0 : this.#sums[i]! / this.#count;
        return { id, mean, largest: this.#largest[i]!, witness: witness?.[i] ?? null };
      }),
    };
  }

  #moved(before: Images, after: Images): readonly number[] {
    return this.#layers.map(({ tensor }, i) => {
      const size = lengthOf(difference(before[tensor]!, after[tensor]!), this.#norm);
      this.#largest[i] = Math.max(this.#largest[i]!, Number.isFinite(size) ? size : 0);
      return Number.isFinite(size) ? size : 0;
    });
  }
}

const difference = (before: NumericArray, after: NumericArray): Float64Array =>
  Float64Array.from(after.data as ArrayLike<number | bigint>, (value, i) => Number(value) - Number(before.data[i]));
