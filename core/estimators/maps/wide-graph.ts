import type { Engine, Session } from '../../compute/engine.ts';
import { onlyNeeded, type MissingDerivative } from '../../derivatives/derived-network.ts';
import { differentiable } from '../../derivatives/differentiable.ts';
import { maximaFor } from '../../derivatives/maxima-for.ts';
import { jvp } from '../../derivatives/jvp.ts';
import { vjp } from '../../derivatives/vjp.ts';
import { writeOnnx } from '../../formats/onnx/write.ts';
import type { Network } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import type { Precision } from '../../operators/derivatives/graph.ts';
import { batched } from '../../passes/batch.ts';
import { runnableInDoubles } from '../../passes/without-double-kernels.ts';

export type Numbers = Float32Array | Float64Array;

/** values: f(x). ahead: J v, for a direction v per point. back: c' J, for a weighting c of the outputs per point. */
export type WideKind = 'values' | 'ahead' | 'back';

/** A network, or its derivative, at many points in one run. Points and results lie one after the other. */
export interface WideGraph extends AsyncDisposable {
  /** Points of one run; fewer are filled up. */
  readonly size: number;
  readonly inputs: number;
  readonly results: number;
  readonly precision: Precision;
  /** The first `count` points (and directions); the result is only good until the next run. */
  run(points: Numbers, count: number, directions?: Numbers): Promise<Numbers>;
}

export interface WideQuestion {
  /** As `prepare` made it. */
  readonly network: Network;
  readonly output: string;
  readonly kind: WideKind;
  /** float64 runs on the CPU; float32 on the provider that was chosen. */
  readonly precision: Precision;
  /** At most so many points in one run. */
  readonly most: number;
}

/**
 * Of the largest tensor in a run. On the CPU it stays in the cache; a GPU needs a millisecond for any run, and with 65,000 points in one it
 * is ten times as fast as the CPU (docs/gpu.md).
 */
const elementsPerRun = { cpu: 2 ** 18, gpu: 2 ** 24 };

/** Where a graph of this precision runs. */
export const placeOf = ({ summary }: Engine, precision: Precision): 'cpu' | 'gpu' =>
  summary.provider === 'cpu' || precision === 'float64' ? 'cpu' : 'gpu';

export async function openWideGraph(question: WideQuestion, engine: Engine): Promise<WideGraph | MissingDerivative> {
  const { network, output, precision, most } = question;
  const single = differentiable(network, precision);
  const largest = Math.max(...[...single.types.values()].map(({ shape }) => elementCount(shape)), 1);
  const size = Math.max(1, Math.min(most, Math.floor(elementsPerRun[placeOf(engine, precision)] / largest)));
  const wide = size > 1 ? batched(single, size) : undefined;
  if (wide !== undefined) {
    const opened = await open(wide, output, question, size, engine);
    if ('missing' in opened || (await keepsApart(opened))) return opened;
    await opened[Symbol.asyncDispose]();
  }
  return open(single, output, question, 1, engine);
}

async function open(
  network: Network,
  output: string,
  { kind, precision }: WideQuestion,
  size: number,
  engine: Engine,
): Promise<WideGraph | MissingDerivative> {
  const input = network.inputs[0]!.name;
  const maxima = precision === 'float64' ? 'positions' : maximaFor(engine);
  const derived = kind === 'values' ? undefined : (kind === 'ahead' ? jvp : vjp)({ network, output, maxima });
  if (derived !== undefined && 'missing' in derived) return derived;
  const [direction, result] = derived === undefined ? [undefined, output] : [derived.directions[0]!, derived.derivatives[0]!]; // prettier-ignore
  const whole = derived?.network ?? network;
  const needed = onlyNeeded({ ...whole, outputs: [{ name: result, ...whole.types.get(result)! }] });
  const used = new Set(needed.inputs.map(({ name }) => name));
  const graph = precision === 'float64' ? runnableInDoubles(needed).network : needed;
  const session = await engine.open(writeOnnx(graph), precision === 'float64' ? 'cpu' : 'chosen');
  const shapeOf = (name: string): readonly number[] => whole.types.get(name)!.shape;
  const shapes = { input: shapeOf(input), direction: direction === undefined ? [] : shapeOf(direction) };
  return new OpenWideGraph(session, { input, direction, result, used, shapes, precision, size }, elementCount(shapeOf(result)) / size); // prettier-ignore
}

interface Wiring {
  readonly input: string;
  readonly direction: string | undefined;
  readonly result: string;
  readonly used: ReadonlySet<string>;
  readonly shapes: { readonly input: readonly number[]; readonly direction: readonly number[] };
  readonly precision: Precision;
  readonly size: number;
}

class OpenWideGraph implements WideGraph {
  readonly size: number;
  readonly inputs: number;
  readonly results: number;
  readonly precision: Precision;
  readonly #session: Session;
  readonly #wiring: Wiring;
  readonly #points: Numbers;
  readonly #directions: Numbers;

  constructor(session: Session, wiring: Wiring, results: number) {
    const { size, shapes, precision } = wiring;
    this.#session = session;
    this.#wiring = wiring;
    this.size = size;
    this.precision = precision;
    this.inputs = elementCount(shapes.input) / size;
    this.results = results;
    const made = (count: number): Numbers => (precision === 'float64' ? new Float64Array(count) : new Float32Array(count)); // prettier-ignore
    this.#points = made(elementCount(shapes.input));
    this.#directions = made(wiring.direction === undefined ? 0 : elementCount(shapes.direction));
  }

  async run(points: Numbers, count: number, directions?: Numbers): Promise<Numbers> {
    const { input, direction, result, used, shapes, precision: type, size } = this.#wiring;
    this.#points.set(points.subarray(0, count * this.inputs));
    const each = this.#directions.length / size;
    if (directions !== undefined) this.#directions.set(directions.subarray(0, count * each));
    const results = await this.#session.run({
      ...(used.has(input) ? { [input]: { type, shape: shapes.input, data: this.#points } } : {}),
      ...(direction !== undefined && used.has(direction)
        ? { [direction]: { type, shape: shapes.direction, data: this.#directions } }
        : {}),
    });
    return results[result]!.data as Numbers;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#session.dispose();
  }
}

/** A first axis that looks like a batch axis may mix its entries: then a point's result depends on its neighbours in the run. */
async function keepsApart(graph: WideGraph): Promise<boolean> {
  const { size, inputs, results } = graph;
  const each = Math.max(inputs, results);
  const numbers = (seed: number): Float64Array =>
    Float64Array.from({ length: size * each }, (_, i) => Math.sin(1 + seed + 7 * i));
  const first = async (points: Float64Array): Promise<Float64Array> =>
    Float64Array.from((await graph.run(points, size, numbers(3))).subarray(0, results));
  try {
    const others = numbers(5);
    const before = await first(others);
    others.set(numbers(8).subarray(inputs), inputs);
    const after = await first(others);
    const scale = before.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    return after.every((value, i) => Math.abs(value - before[i]!) <= 1e-4 * scale);
  } catch {
    // ONNX Runtime refuses the wider graph: then it is one point at a time.
    return false;
  }
}
