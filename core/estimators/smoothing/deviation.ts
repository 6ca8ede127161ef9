import type { Engine, NumericArray, Session } from '../../compute/engine.ts';
import type { Work } from '../../compute/work.ts';
import { graphOver, finished, onlyNeeded } from '../../derivatives/derived-network.ts';
import { differentiable } from '../../derivatives/differentiable.ts';
import { vjp } from '../../derivatives/vjp.ts';
import { writeOnnx } from '../../formats/onnx/write.ts';
import type { Network } from '../../network/network.ts';
import { elementCount, type Shape } from '../../network/tensor.ts';
import { batched } from '../../passes/batch.ts';
import { inferTypes } from '../../passes/infer-types.ts';
import { runnableInDoubles } from '../../passes/without-double-kernels.ts';
import { writtenInDoubles } from '../../passes/written-in-doubles.ts';
import { lengthOf, moveInside, type Region } from '../../region.ts';
import { seeded } from '../witness/random.ts';
import { drawnPoint, reachFrom } from './drawn-points.ts';

/** A network and what became of it, on the same input. */
export interface Compared {
  readonly original: Network;
  readonly smoothed: Network;
  readonly output: string;
}

export interface DeviationFound {
  readonly samples: number;
  readonly ascentSteps: number;
  readonly largest: number;
  readonly inSingle: readonly string[];
}

/** Of the largest tensor, so that a batch stays in the cache. */
const elementsPerBatch = 2 ** 19;
const climbers = 64;
const steps = 60;

/**
 * Looks for the largest distance between both outputs: at random points, then uphill from the worst of them. In doubles, so that what it finds is a property of the networks, not of rounding.
 * Yields whenever it knows more.
 */
export async function* largestDeviation(
  compared: Compared,
  region: Region,
  samples: number,
  seed: number,
  work: Work,
): AsyncGenerator<DeviationFound> {
  await using difference = await openDifference(compared, work.engine);
  const random = seeded(seed + 1);
  let found: DeviationFound = { samples: 0, ascentSteps: 0, largest: 0, inSingle: difference.inSingle };
  let worst: { readonly point: Float64Array; readonly size: number }[] = [];
  const { batch, inputs } = difference;
  const half = work.remainingSeconds() / 2;
  // One batch at least: nothing found because nothing was looked at would mislead.
  while (found.samples < samples && (found.samples === 0 || work.remainingSeconds() > half)) {
    await work.breathe();
    const points = Array.from({ length: Math.min(batch, samples - found.samples) }, (_, k) =>
      drawnPoint(region, inputs, found.samples + k, random, difference.inSingle.length > 0 ? 'near' : 'near and far'),
    );
    const sizes = (await difference.at(points, 'sizes')).map(({ size }) => size);
    worst = [...worst, ...points.map((point, k) => ({ point, size: sizes[k]! }))]
      .sort((a, b) => b.size - a.size)
      .slice(0, climbers);
    found = { ...found, samples: found.samples + points.length, largest: Math.max(found.largest, worst[0]?.size ?? 0) };
  }
  yield found;
  for (let first = 0; first < worst.length; first += batch) {
    let group = worst.slice(first, first + batch).map(({ point }) => point);
    for (let step = 0; step < steps && work.remainingSeconds() > 0; step++) {
      await work.breathe();
      const measured = await difference.at(group, 'gradients');
      found = {
        ...found,
        ascentSteps: found.ascentSteps + group.length,
        largest: measured.reduce((most, { size }) => Math.max(most, size), found.largest),
      };
      if (measured.every(({ uphill }) => uphill === undefined)) break;
      const rest = 0.3 * (1 - step / steps) ** 2;
      group = group.map((point, k) => moved(region, point, measured[k]!.uphill, rest * reachFrom(region, point)));
    }
    yield found;
  }
}

function moved(region: Region, point: Float64Array, uphill: Float64Array | undefined, far: number): Float64Array {
  const length = uphill === undefined ? 0 : lengthOf(uphill, 'l2') / Math.sqrt(point.length);
  if (uphill === undefined || !(length > 0 && Number.isFinite(length))) return point;
  return moveInside(
    region,
    point.map((value, i) => value + (far * uphill[i]!) / length),
  );
}

interface Measured {
  readonly size: number;
  /** Where the distance grows; undefined where it is not known. */
  readonly uphill: Float64Array | undefined;
}

interface Difference extends AsyncDisposable {
  readonly inputs: number;
  readonly batch: number;
  readonly inSingle: readonly string[];
  at(points: readonly Float64Array[], what: 'sizes' | 'gradients'): Promise<readonly Measured[]>;
}

/** Both side by side on one input, with what one adds to the other as the output. */
function sideBySide({ original, smoothed, output }: Compared): Network {
  const input = original.inputs[0]!.name;
  const shared = new Set([input, '', ...smoothed.constants.keys()]);
  const own = (name: string): string => (shared.has(name) ? name : `smooth/${name}`);
  const nodes = smoothed.nodes.map((node) => ({
    ...node,
    id: `smooth/${node.id}`,
    inputs: node.inputs.map(own),
    outputs: node.outputs.map(own),
  }));
  const types = new Map(original.types);
  for (const [name, type] of smoothed.types) types.set(own(name), type);
  const both = inferTypes({
    ...original,
    nodes: [...original.nodes, ...nodes],
    constants: new Map([...original.constants, ...smoothed.constants]),
    types,
    outputs: [],
  });
  const graph = graphOver(differentiable(both, 'float64'));
  const name = graph.minus(own(output), output);
  const outputs = [{ name, ...graph.types.get(name)! }];
  return finished(differentiable(both, 'float64'), graph, [], outputs);
}

async function openDifference(compared: Compared, engine: Engine): Promise<Difference> {
  const single = sideBySide(compared);
  const input = single.inputs[0]!.name;
  const type = single.types.get(input)!;
  const inputs = elementCount(type.shape);
  const largest = Math.max(...[...single.types.values()].map(({ shape }) => elementCount(shape)));
  const size = Math.max(1, Math.min(256, Math.floor(elementsPerBatch / largest)));
  const wide = size > 1 ? batched(single, size) : undefined;
  const network = wide ?? single;
  const batch = wide === undefined ? 1 : size;
  // The output's name is the same in both; its type is not.
  const value = single.outputs[0]!.name;
  const outputs = [{ name: value, ...network.types.get(value)! }];
  const inSingle = new Set<string>();
  const open = (graph: Network): Promise<Session> => {
    const doubles = runnableInDoubles(writtenInDoubles(onlyNeeded(graph)));
    for (const op of doubles.inSingle) inSingle.add(op);
    return engine.open(writeOnnx(doubles.network), 'cpu');
  };
  const sizes = await open({ ...network, outputs });
  const derived = vjp({ network: { ...network, outputs }, output: value, by: [input], weights: value });
  const gradient = 'missing' in derived ? undefined : derived.derivatives[0]!;
  const gradients =
    'missing' in derived
      ? undefined
      : await open({ ...derived.network, outputs: [...outputs, ...derived.network.outputs] });
  const shape: Shape = network.types.get(input)!.shape;
  return {
    inputs,
    batch,
    inSingle: [...inSingle].sort(),
    async at(points, what) {
      const data = new Float64Array(inputs * batch);
      points.forEach((point, k) => data.set(point, k * inputs));
      const array: NumericArray = { type: 'float64', shape, data };
      const session = what === 'gradients' ? (gradients ?? sizes) : sizes;
      const result = await session.run({ [input]: array });
      const row = (name: string, k: number): Float64Array => {
        const all = result[name]!.data as Float64Array;
        return all.slice((k * all.length) / batch, ((k + 1) * all.length) / batch);
      };
      return points.map((_, k) => ({
        size: lengthOf(row(value, k), 'l2'),
        uphill: session === gradients && gradient !== undefined ? row(gradient, k) : undefined,
      }));
    },
    async [Symbol.asyncDispose]() {
      await sizes.dispose();
      await gradients?.dispose();
    },
  };
}
