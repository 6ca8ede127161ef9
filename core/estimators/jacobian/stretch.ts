import type { Norm } from '../../bound.ts';
import type { Engine, NumericArray, Session } from '../../compute/engine.ts';
import { finished, graphOver, onlyNeeded, type MissingDerivative } from '../../derivatives/derived-network.ts';
import { differentiable } from '../../derivatives/differentiable.ts';
import { maximaFor } from '../../derivatives/maxima-for.ts';
import { jvp } from '../../derivatives/jvp.ts';
import { vjp } from '../../derivatives/vjp.ts';
import { writeOnnx } from '../../formats/onnx/write.ts';
import type { Network, Node } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import type { Graph } from '../../operators/derivatives/graph.ts';
import { batched } from '../../passes/batch.ts';
import { kinks, softened } from '../../passes/soften.ts';
import { lengthOf, type Region } from '../../region.ts';

/** How far the network stretches one direction at one point, and where that grows. */
export interface Measured {
  /** |J v| / |v|. */
  readonly stretch: number;
  /** The direction that one step of the power method leads to. */
  readonly next: Float64Array;
  /** In which direction of the point |J v| grows. */
  readonly uphill: Float64Array;
}

/** The Jacobian of a network at many points at once, one direction each: forward, J v, J' and the slope of |J v| in one run. */
export interface Stretch extends AsyncDisposable {
  readonly inputs: number;
  readonly batch: number;
  measure(
    points: readonly Float64Array[],
    directions: readonly Float64Array[],
    softness: readonly number[],
  ): Promise<readonly Measured[]>;
}

export interface StretchQuestion {
  readonly network: Network;
  readonly output: string;
  readonly norm: Norm;
  /** How many points at once; 1 for a network whose first axis is no batch axis. */
  readonly batch: number;
  /** Where the points are going to be. */
  readonly region: Region;
}

export async function openStretch(
  { network, output, norm, batch, region }: StretchQuestion,
  engine: Engine,
): Promise<Stretch | MissingDerivative> {
  const single = differentiable(network, 'float32');
  const wide = batch > 1 ? batched(single, batch) : undefined;
  const points = wide ?? single;
  const size = wide === undefined ? 1 : batch;
  const input = points.inputs[0]!.name;
  const sizes = await usualSizes(points, region, size, engine);
  const maxima = maximaFor(engine);
  const soft = sizes.size === 0 ? undefined : softened(points, sizes, size);

  // J v and J' c, with c the vector whose product with J v is its norm.
  const ahead = jvp({ network: soft?.network ?? points, output, by: [input], maxima });
  if ('missing' in ahead) return ahead;
  const [direction, moved] = [ahead.directions[0]!, ahead.derivatives[0]!];
  const dual = withDual(ahead.network, moved, norm, size);
  const back = vjp({ network: dual.network, output, by: [input], weights: dual.name, maxima });
  if ('missing' in back) return back;
  // The slope of |J v| with respect to the point: where it is zero almost everywhere, that of the softened copy.
  const bent =
    soft && jvp({ network: back.network, output: soft.of(output), by: [input], tangents: [direction], maxima });
  if (bent !== undefined && 'missing' in bent) return bent;
  const bentDual = bent && withDual(bent.network, bent.derivatives[0]!, norm, size);
  const uphill = vjp({
    network: bentDual?.network ?? back.network,
    output: bent?.derivatives[0] ?? moved,
    by: [input],
    weights: bentDual?.name ?? dual.name,
    maxima,
  });
  if ('missing' in uphill) return uphill;

  const names = [moved, back.derivatives[0]!, uphill.derivatives[0]!] as const;
  const outputs = names.map((name) => ({ name, ...uphill.network.types.get(name)! }));
  const graph = onlyNeeded({ ...uphill.network, outputs });
  const session = await engine.open(writeOnnx(graph), 'chosen');
  const used = new Set(graph.inputs.map(({ name }) => name));
  return new RunningStretch(session, {
    input,
    direction,
    softness: soft?.softness ?? '',
    used,
    outputs: names,
    shape: points.types.get(input)!.shape,
    size,
    norm,
  });
}

/** The dual vector of J v in the output's norm: c with c' J v = |J v|, up to a factor. */
function withDual(
  network: Network,
  moved: string,
  norm: Norm,
  points: number,
): { readonly network: Network; readonly name: string } {
  if (norm === 'l2') return { network, name: moved };
  const graph = graphOver(network);
  const name = norm === 'l1' ? graph.add('Sign', [moved]) : largestOnly(graph, moved, points);
  return { network: finished(network, graph, [], network.outputs), name };
}

function largestOnly(graph: Graph, moved: string, points: number): string {
  const shape = graph.shapeOf(moved);
  const rows = graph.reshape(graph.add('Abs', [moved]), [points, elementCount(shape) / points]);
  const attributes = { axis: { kind: 'int', value: 1 }, keepdims: { kind: 'int', value: 1 } } as const;
  const largest = graph.add('ArgMax', [rows], attributes, { type: 'int64', shape: [points, 1] });
  const places = graph.constant(
    [1, graph.shapeOf(rows)[1]!],
    Array.from({ length: graph.shapeOf(rows)[1]! }, (_, k) => k),
    'int64',
  );
  const chosen = graph.reshape(graph.asNumber(graph.add('Equal', [largest, places])), shape);
  return graph.times(chosen, graph.add('Sign', [moved]));
}

/** Root mean square of what arrives at each kink, at a few random points; on a region, of how far that moves from one of its corners to another. */
async function usualSizes(
  network: Network,
  region: Region,
  points: number,
  engine: Engine,
): Promise<ReadonlyMap<Node, number>> {
  const bent = kinks(network);
  if (bent.length === 0) return new Map();
  const { name, type } = network.inputs[0]!;
  const shape = network.types.get(name)!.shape;
  const outputs = bent.map(({ inputs }) => ({ name: inputs[0]!, ...network.types.get(inputs[0]!)! }));
  const session = await engine.open(writeOnnx(onlyNeeded({ ...network, outputs })), 'chosen');
  const arriving = async (seed: number): Promise<(of: string) => Float64Array> => {
    const data = new Float32Array(elementCount(shape));
    const each = data.length / points;
    for (let start = 0; start < data.length; start += each)
      data.set(cornerOf(region, Float64Array.from({ length: each }, (_, i) => 1.7 * Math.sin(seed + (start + i) ** 2))), start); // prettier-ignore
    const values = await session.run({ [name]: { type, shape, data } });
    return (of) => Float64Array.from(values[of]!.data as Float32Array);
  };
  try {
    const first = await arriving(1);
    const second = region.kind === 'all' ? undefined : await arriving(2);
    return new Map(
      bent.map((node) => {
        const of = node.inputs[0]!;
        const other = second?.(of);
        const numbers = first(of).map((value, i) => value - (other?.[i] ?? 0));
        const mean = numbers.reduce((sum, value) => sum + value * value, 0) / numbers.length;
        return [node, mean > 0 && Number.isFinite(mean) ? Math.sqrt(mean) : 1];
      }),
    );
  } finally {
    await session.dispose();
  }
}

/** Without a region the numbers themselves. */
function cornerOf(region: Region, numbers: Float64Array): Float64Array {
  if (region.kind === 'all') return numbers;
  if (region.kind === 'box') return numbers.map((value, i) => (value < 0 ? region.lower : region.upper)[i]!);
  const length = lengthOf(numbers, region.norm);
  return numbers.map((value, i) => region.center[i]! + (region.radius * value) / length);
}

interface Wiring {
  readonly input: string;
  readonly direction: string;
  readonly softness: string;
  readonly used: ReadonlySet<string>;
  readonly outputs: readonly [moved: string, back: string, uphill: string];
  readonly shape: readonly number[];
  readonly size: number;
  readonly norm: Norm;
}

class RunningStretch implements Stretch {
  readonly inputs: number;
  readonly batch: number;
  readonly #session: Session;
  readonly #wiring: Wiring;

  constructor(session: Session, wiring: Wiring) {
    this.#session = session;
    this.#wiring = wiring;
    this.batch = wiring.size;
    this.inputs = elementCount(wiring.shape) / wiring.size;
  }

  async measure(
    points: readonly Float64Array[],
    directions: readonly Float64Array[],
    softness: readonly number[],
  ): Promise<readonly Measured[]> {
    const { input, direction, outputs, shape, size, norm, used } = this.#wiring;
    const feeds: Record<string, NumericArray> = {};
    const feed = (name: string, array: NumericArray): void => {
      if (used.has(name)) feeds[name] = array;
    };
    feed(input, { type: 'float32', shape, data: this.#packed(points) });
    feed(direction, { type: 'float32', shape, data: this.#packed(directions) });
    const widths = Float32Array.from({ length: size }, (_, k) => softness[k] ?? 1);
    feed(this.#wiring.softness, { type: 'float32', shape: [size], data: widths });
    const results = await this.#session.run(feeds);
    const row = (name: string, k: number): Float64Array => {
      const { data } = results[name]! as { readonly data: Float32Array };
      const each = data.length / size;
      return Float64Array.from(data.subarray(k * each, (k + 1) * each));
    };
    return points.map((_, k) => ({
      stretch: lengthOf(row(outputs[0], k), norm) / lengthOf(directions[k]!, norm),
      next: dualDirection(row(outputs[1], k), norm),
      uphill: row(outputs[2], k),
    }));
  }

  #packed(vectors: readonly Float64Array[]): Float32Array {
    const data = new Float32Array(this.inputs * this.batch);
    vectors.forEach((vector, k) => data.set(vector, k * this.inputs));
    return data;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#session.dispose();
  }
}

/** The unit vector of the norm that c' J stretches most: the power method of Boyd (1974) for operator norms. */
function dualDirection(pulled: Float64Array, norm: Norm): Float64Array {
  if (norm === 'linf') return pulled.map((value) => (value < 0 ? -1 : 1));
  if (norm === 'l2') {
    const length = lengthOf(pulled, 'l2');
    return length > 0 ? pulled.map((value) => value / length) : pulled;
  }
  let at = 0;
  pulled.forEach((value, i) => {
    if (Math.abs(value) > Math.abs(pulled[at]!)) at = i;
  });
  return pulled.map((_, i) => (i === at ? 1 : 0));
}
