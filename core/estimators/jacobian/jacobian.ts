import type { Engine, NumericArray, Session } from '../../compute/engine.ts';
import { onlyNeeded, type DerivedNetwork, type MissingDerivative } from '../../derivatives/derived-network.ts';
import { differentiable } from '../../derivatives/differentiable.ts';
import { jvp } from '../../derivatives/jvp.ts';
import { vjp } from '../../derivatives/vjp.ts';
import { writeOnnx } from '../../formats/onnx/write.ts';
import type { Network } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import type { Precision } from '../../operators/derivatives/graph.ts';
import { batched } from '../../passes/batch.ts';
import { runnableInDoubles } from '../../passes/without-double-kernels.ts';

/** The Jacobian of a network, never written down: rows are entries of the flattened output, columns those of the flattened input. */
export interface Jacobian extends AsyncDisposable {
  readonly rows: number;
  readonly columns: number;
  /** How many directions one run takes; more are split. */
  readonly together: number;
  /** In float64: the operators that were computed in float32 after all. */
  readonly inSingle: ReadonlySet<string>;
  /** J v, for each direction. */
  apply(point: Float64Array, directions: readonly Float64Array[]): Promise<readonly Float64Array[]>;
  /** J' u, for each weighting of the output. */
  applyTransposed(point: Float64Array, weights: readonly Float64Array[]): Promise<readonly Float64Array[]>;
  /** J' J v in one run of one graph. */
  applyGram(point: Float64Array, direction: Float64Array): Promise<Float64Array>;
}

export interface JacobianQuestion {
  /** As `prepare` made it. */
  readonly network: Network;
  readonly output: string;
  /** float64 runs on the CPU; float32 on the provider that was chosen. */
  readonly precision: Precision;
  /** At most so many directions at once. */
  readonly together?: number;
}

export async function openJacobian(question: JacobianQuestion, engine: Engine): Promise<Jacobian | MissingDerivative> {
  const network = differentiable(question.network, question.precision);
  const { output, together = 32 } = question;
  const several = together > 1 && batched(network, together) !== undefined ? together : 1;
  const opened = open(network, question, several, engine);
  if ('missing' in opened || several === 1 || (await keepsApart(opened))) return opened;
  await opened[Symbol.asyncDispose]();
  return open(network, { ...question, output }, 1, engine);
}

function open(
  network: Network,
  { output, precision }: JacobianQuestion,
  together: number,
  engine: Engine,
): OpenJacobian | MissingDerivative {
  const ahead = jvp({ network, output, directions: together });
  if ('missing' in ahead) return ahead;
  const back = vjp({ network, output, directions: together });
  if ('missing' in back) return back;
  const moved = jvp({ network, output });
  if ('missing' in moved) return moved;
  const pulled = vjp({ network: moved.network, output, by: [network.inputs[0]!.name], weights: moved.derivatives[0]! });
  if ('missing' in pulled) return pulled;
  const both = { ...pulled, directions: moved.directions };
  return new OpenJacobian(network, output, { ahead, back, both }, precision, together, engine);
}

/** A first axis that looks like a batch axis may mix its entries: then a direction leaks into the others, or does not arrive alike. */
async function keepsApart(jacobian: OpenJacobian): Promise<boolean> {
  const point = Float64Array.from({ length: jacobian.columns }, (_, i) => Math.sin(i + 1));
  const zero = new Float64Array(jacobian.columns);
  const direction = zero.map((_, i) => Math.cos(2 * i));
  const [first, none] = await jacobian.apply(point, [direction, zero]);
  const [still, second] = await jacobian.apply(point, [zero, direction]);
  const size = first!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return (
    [none!, still!].every((rest) => rest.every((value) => value === 0)) &&
    first!.every((value, i) => Math.abs(value - second![i]!) <= 1e-4 * size)
  );
}

type Way = 'ahead' | 'back' | 'both';

class OpenJacobian implements Jacobian {
  readonly rows: number;
  readonly columns: number;
  readonly together: number;
  readonly inSingle = new Set<string>();
  readonly #graphs: Readonly<Record<Way, DerivedNetwork>>;
  readonly #precision: Precision;
  readonly #engine: Engine;
  readonly #point: string;
  /** Opened when first asked for: not everybody goes all ways. */
  readonly #sessions = new Map<Way, { readonly session: Promise<Session>; readonly inputs: ReadonlySet<string> }>();

  constructor(
    network: Network,
    output: string,
    graphs: Readonly<Record<Way, DerivedNetwork>>,
    precision: Precision,
    together: number,
    engine: Engine,
  ) {
    this.#point = network.inputs[0]!.name;
    this.rows = elementCount(network.types.get(output)!.shape);
    this.columns = elementCount(network.types.get(this.#point)!.shape);
    this.together = together;
    this.#graphs = graphs;
    this.#precision = precision;
    this.#engine = engine;
  }

  apply(point: Float64Array, directions: readonly Float64Array[]): Promise<readonly Float64Array[]> {
    return this.#all('ahead', point, directions, this.rows);
  }

  applyTransposed(point: Float64Array, weights: readonly Float64Array[]): Promise<readonly Float64Array[]> {
    return this.#all('back', point, weights, this.columns);
  }

  async applyGram(point: Float64Array, direction: Float64Array): Promise<Float64Array> {
    return this.#run('both', point, direction);
  }

  async #all(
    way: Way,
    point: Float64Array,
    vectors: readonly Float64Array[],
    size: number,
  ): Promise<readonly Float64Array[]> {
    const results: Float64Array[] = [];
    for (let start = 0; start < vectors.length; start += this.together) {
      const part = vectors.slice(start, start + this.together);
      const each = part[0]!.length;
      const packed = new Float64Array(this.together * each);
      part.forEach((vector, k) => packed.set(vector, k * each));
      const answer = await this.#run(way, point, packed);
      part.forEach((_, k) => results.push(answer.slice(k * size, (k + 1) * size)));
    }
    return results;
  }

  async #run(way: Way, point: Float64Array, vectors: Float64Array): Promise<Float64Array> {
    const { network, directions, derivatives } = this.#graphs[way];
    const { session, inputs } = this.#sessions.get(way) ?? this.#open(way);
    const array = (name: string, data: Float64Array): NumericArray => ({
      type: this.#precision,
      shape: network.types.get(name)!.shape,
      data: this.#precision === 'float64' ? data : Float32Array.from(data),
    });
    const given = { [this.#point]: array(this.#point, point), [directions[0]!]: array(directions[0]!, vectors) };
    const feeds = Object.fromEntries(Object.entries(given).filter(([name]) => inputs.has(name)));
    return Float64Array.from((await (await session).run(feeds))[derivatives[0]!]!.data as Float32Array | Float64Array);
  }

  #open(way: Way): { readonly session: Promise<Session>; readonly inputs: ReadonlySet<string> } {
    const needed = onlyNeeded(this.#graphs[way].network);
    const inputs = new Set(needed.inputs.map(({ name }) => name));
    const doubles = this.#precision === 'float64' ? runnableInDoubles(needed) : undefined;
    for (const op of doubles?.inSingle ?? []) this.inSingle.add(op);
    const model = writeOnnx(doubles?.network ?? needed);
    const opened = { session: this.#engine.open(model, doubles === undefined ? 'chosen' : 'cpu'), inputs };
    this.#sessions.set(way, opened);
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const { session } of opened)
      await session.then(
        (own) => own.dispose(),
        () => undefined,
      );
  }
}
