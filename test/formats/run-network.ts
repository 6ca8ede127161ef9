import * as ort from 'onnxruntime-node';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import type { Network } from '../../core/network/network.ts';
import { elementCount } from '../../core/network/tensor.ts';

/** The numbers that the scripts beside the stored models feed, too: a formula, so that they need not be stored. */
export function sampleInput(shape: readonly number[], which: number, largest?: number): Float32Array {
  const count = elementCount(shape);
  return Float32Array.from({ length: count }, (_, i) =>
    largest === undefined ? Math.fround(((i * 37 + 11 + 53 * which) % 101) / 50) - 1 : i % largest,
  );
}

/** Sizes of the inputs with batch 1. */
export const inputShapes = ({ inputs }: Network): readonly (readonly number[])[] =>
  inputs.map(({ shape }) => (shape ?? []).map((size, axis) => (axis === 0 ? 1 : Number(size))));

/** What ONNX Runtime computes with the network, output by output. */
export async function run(
  network: Network,
  feeds: readonly Float32Array[],
  shapes = inputShapes(network),
): Promise<readonly Float32Array[]> {
  const session = await ort.InferenceSession.create(writeOnnx(network), {
    executionProviders: ['cpu'],
    logSeverityLevel: 4,
    // It takes zeros before a MaxPool for nothing (see core/compute/onnx-runtime-session.ts).
    extra: { optimization: { disable_specified_optimizers: 'Pad_Fusion' } },
  });
  try {
    const tensors = network.inputs.map(({ name, type }, i) => {
      return [name, new ort.Tensor(type as 'float32', asType(type, feeds[i]!), shapes[i])] as const;
    });
    const results = await session.run(Object.fromEntries(tensors));
    return network.outputs.map(({ name }) => results[name]!.data as Float32Array);
  } finally {
    await session.release();
  }
}

function asType(type: string, numbers: Float32Array): Float32Array {
  const data =
    type === 'int64'
      ? BigInt64Array.from(numbers, (number) => BigInt(number))
      : type === 'int32'
        ? Int32Array.from(numbers)
        : numbers;
  return data as Float32Array;
}

/** The largest difference, relative to 1 or to the number itself where that is larger. */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const apart = Math.abs(a[i]! - b[i]!) / Math.max(1, Math.abs(b[i]!));
    if (!(apart <= most)) most = apart;
  }
  return most;
}
