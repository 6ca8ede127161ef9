import type { NumericArray, Session } from '../../compute/engine.ts';
import type { Work } from '../../compute/work.ts';
import type { Network } from '../../network/network.ts';
import { elementCount, type TensorType } from '../../network/tensor.ts';
import { batched } from '../../passes/batch.ts';
import { bytesOfWeights, fedWeights, openFed, openingSeconds } from './fed-session.ts';

/** The network as a function of flattened points, computed by the engine in the file's own precision: for searching, not proving. */
export interface Forward extends AsyncDisposable {
  readonly inputs: number;
  /** How many points one run takes; more are split. */
  readonly batch: number;
  evaluate(points: readonly Float64Array[]): Promise<readonly Float64Array[]>;
}

/** Of the largest tensor in the network, so that a batch stays in the cache. */
const elementsPerBatch = 2 ** 20;

/** The engine does not run this network (an operator of a foreign domain, sizes that do not fit, no memory): nothing can be searched. */
export interface Refusal {
  readonly refused: string;
}

/** In seconds: whatever takes so long is begun in any case, and with it all that is small enough to be packed. */
const leastOpening = 2.1;

/** A second session, for batches, pays when making the first took no more than this share of the time that is left. */
const openingShare = 0.05;

/** `most`: bytes of weights that may be in memory at once; what would take too much of the time that is left is refused as well. */
export async function openForward(
  network: Network,
  output: string,
  work: Work,
  most = Number.POSITIVE_INFINITY,
): Promise<Forward | Refusal> {
  const { engine } = work;
  const start = performance.now();
  const input = network.inputs[0]!;
  const type = network.types.get(input.name)!;
  const graph: Network = { ...network, outputs: network.outputs.filter(({ name }) => name === output) };
  const extra = graph.outputs.length === 0 ? [output] : [];
  const largest = Math.max(...[...network.types.values()].map(({ shape }) => elementCount(shape)));
  const size = Math.max(1, Math.min(512, Math.floor(elementsPerBatch / largest)));
  const refused = tooLarge(network, work, most);
  if (refused !== undefined) return { refused };
  await work.breathe();
  const fed = fedWeights(graph, engine);
  await work.breathe();
  const single = await attempt(() => openFed(engine, graph, extra, fed));
  if ('refused' in single) return single;
  const one = runner(single, input.name, output, type, 1);
  // Some graphs are only refused when they run.
  const trial = await attempt(() => one([new Float64Array(elementCount(type.shape))]));
  if ('refused' in trial) {
    await single.dispose();
    return trial;
  }
  const worthwhile = (performance.now() - start) / 1000 < openingShare * work.remainingSeconds();
  const wide = size > 1 && worthwhile ? batched(graph, size) : undefined;
  const session = wide === undefined ? undefined : await attempt(() => openFed(engine, wide, extra, fed));
  if (session === undefined || 'refused' in session) return forward(one, single, elementCount(type.shape), 1);
  const many = runner(session, input.name, output, type, size);
  const both = await agree(one, many, elementCount(type.shape), size);
  await (both ? single : session).dispose();
  return both
    ? forward(many, session, elementCount(type.shape), size)
    : forward(one, single, elementCount(type.shape), 1);
}

/** Of the time that is left. */
const mostOpening = 0.5;

/** Why a network is not opened as a whole, if it is too large for that. */
function tooLarge(network: Network, work: Work, most: number): string | undefined {
  const bytes = bytesOfWeights(network);
  const megabytes = Math.round(bytes / 1e6);
  if (bytes > most)
    return `its weights take ${megabytes} MB, and up to ${Math.round(most / 1e6)} MB are held in memory at once`;
  const seconds = openingSeconds(network, work.engine);
  return seconds > Math.max(leastOpening, mostOpening * work.remainingSeconds())
    ? `its weights take ${megabytes} MB, which is some ${Math.ceil(seconds)} s of work before anything is computed: more than the budget leaves for it`
    : undefined;
}

async function attempt<T>(action: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await action();
  } catch (error) {
    return { refused: error instanceof Error ? error.message.split('\n')[0]! : String(error) };
  }
}

type Runner = (points: readonly Float64Array[]) => Promise<readonly Float64Array[]>;

function runner(session: Session, input: string, output: string, type: TensorType, size: number): Runner {
  const count = elementCount(type.shape);
  const shape = size === 1 ? type.shape : [size, ...type.shape.slice(1)];
  return async (points) => {
    const data = type.type === 'float64' ? new Float64Array(size * count) : new Float32Array(size * count);
    points.forEach((point, i) => data.set(point, i * count));
    const array: NumericArray = { type: type.type, shape, data };
    const result = (await session.run({ [input]: array }))[output]!;
    const values = Float64Array.from(result.data as ArrayLike<number | bigint>, Number);
    const each = values.length / size;
    return points.map((_, i) => values.slice(i * each, (i + 1) * each));
  };
}

function forward(run: Runner, session: Session, inputs: number, batch: number): Forward {
  return {
    inputs,
    batch,
    async evaluate(points) {
      const results: Float64Array[] = [];
      for (let start = 0; start < points.length; start += batch)
        results.push(...(await run(points.slice(start, start + batch))));
      return results;
    },
    [Symbol.asyncDispose]: () => session.dispose(),
  };
}

/** A first axis that looks like a batch axis need not be one: the answers decide. */
async function agree(one: Runner, many: Runner, inputs: number, size: number): Promise<boolean> {
  const points = Array.from({ length: Math.min(3, size) }, (_, k) =>
    Float64Array.from({ length: inputs }, (_value, i) => Math.sin(i + 1 + 7 * k)),
  );
  try {
    const together = await many(points);
    for (const [k, point] of points.entries()) {
      const [alone] = await one([point]);
      const scale = alone!.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
      if (alone!.length !== together[k]!.length) return false;
      if (alone!.some((value, i) => !(Math.abs(value - together[k]![i]!) <= 1e-4 * scale))) return false;
    }
    return true;
  } catch {
    // ONNX Runtime refuses the wider graph: then it is one point at a time.
    return false;
  }
}
