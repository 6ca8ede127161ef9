import type { Engine, NumericArray } from '../../core/compute/engine.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import type { Network } from '../../core/network/network.ts';
import { nodeOf } from '../../core/network/new-node.ts';
import { elementCount } from '../../core/network/tensor.ts';

/** A network that ONNX Runtime runs at many points per call. */
export interface ManyPoints extends AsyncDisposable {
  run(points: readonly Float64Array[]): Promise<readonly Float64Array[]>;
}

/**
 * Most of the examples have no batch axis, so the network becomes the body of a Scan over a list of points: each is computed as if alone,
 * at a hundredth of what a call costs. Before operator set 9, and where a body is refused, it is called point by point.
 */
export async function openManyPoints(network: Network, output: string, engine: Engine): Promise<ManyPoints> {
  return (network.opset >= 9 ? await scanned(network, output, engine) : undefined) ?? single(network, output, engine);
}

const asNumbers = ({ data }: NumericArray): Float64Array =>
  Float64Array.from(data as ArrayLike<number | bigint>, Number);

async function single(network: Network, output: string, engine: Engine): Promise<ManyPoints> {
  const input = network.inputs[0]!.name;
  const { type, shape } = network.types.get(input)!;
  const outputs = network.outputs.filter(({ name }) => name === output);
  const session = await engine.open(writeOnnx({ ...network, outputs }), 'cpu');
  return {
    async run(points) {
      const images: Float64Array[] = [];
      for (const point of points) {
        const data = type === 'float64' ? point : Float32Array.from(point);
        images.push(asNumbers((await session.run({ [input]: { type, shape, data } }))[output]!));
      }
      return images;
    },
    [Symbol.asyncDispose]: () => session.dispose(),
  };
}

async function scanned(network: Network, output: string, engine: Engine): Promise<ManyPoints | undefined> {
  const input = network.inputs[0]!;
  const { type, shape } = network.types.get(input.name)!;
  const size = elementCount(shape);
  const body = {
    nodes: network.nodes,
    inputs: [{ name: input.name, type, shape }],
    outputs: [output],
    constants: new Map(),
  };
  const graph: Network = {
    ...network,
    nodes: [
      nodeOf('Scan', 'scan', ['points'], ['images'], {
        body: { kind: 'graph', value: body },
        num_scan_inputs: 1,
      }),
    ],
    inputs: [{ name: 'points', type, shape: [null, ...shape] }],
    outputs: [],
  };
  try {
    const session = await engine.open(writeOnnx(graph, ['images']), 'cpu');
    return {
      async run(points) {
        const data =
          type === 'float64' ? new Float64Array(points.length * size) : new Float32Array(points.length * size);
        points.forEach((point, k) => data.set(point, k * size));
        const all = asNumbers(
          (await session.run({ points: { type, shape: [points.length, ...shape], data } }))['images']!,
        );
        const each = all.length / points.length;
        return points.map((_, k) => all.subarray(k * each, (k + 1) * each));
      },
      [Symbol.asyncDispose]: () => session.dispose(),
    };
  } catch {
    return undefined;
  }
}
