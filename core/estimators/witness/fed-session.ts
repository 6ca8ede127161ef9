import type { Engine, NumericArray, Session } from '../../compute/engine.ts';
import { writeOnnx } from '../../formats/onnx/write.ts';
import { alignedBytes } from '../../network/aligned-bytes.ts';
import type { Network } from '../../network/network.ts';
import { bytesFor, elementCount, type Tensor } from '../../network/tensor.ts';

/** In bytes. Weights in a session are there three times while it is opened, and packed for speed: that is worth it for networks up to here. */
const worthPacking = 2 ** 27;
/** Smaller ones, shapes and axes among them, are better known to the runtime as constants. */
const worthFeeding = 2 ** 20;
/** What a session takes to be opened where its weights are fed, and where they are packed, on a slow machine: bytes a second. */
const bytesPerSecond = { fed: 150e6, packed: 67e6 };

/** What the constants take in memory. */
export const bytesOfWeights = ({ constants }: Pick<Network, 'constants'>): number =>
  [...constants.values()].reduce((sum, tensor) => sum + bytesOf(tensor), 0);

const bytesOf = ({ type, shape }: Tensor): number => (type === 'string' ? 0 : bytesFor(type, elementCount(shape)));

/** How long opening the network for running is expected to take. */
export function openingSeconds(network: Network, engine: Engine): number {
  const bytes = bytesOfWeights(network);
  return bytes / (areFed(network, engine) ? bytesPerSecond.fed : bytesPerSecond.packed);
}

/** A graphics processor, or WebAssembly, would get a copy of them at every run. */
const areFed = (network: Network, { summary: { provider, runtime } }: Engine): boolean =>
  provider === 'cpu' && runtime === 'native' && bytesOfWeights(network) > worthPacking;

export type FedWeights = ReadonlyMap<Tensor, NumericArray>;

/** The large weights of a large network, in memory once; none of a small one, which is opened with all it has. */
export function fedWeights(network: Network, engine: Engine): FedWeights {
  if (!areFed(network, engine)) return new Map();
  return new Map(
    [...network.constants.values()].flatMap((tensor) => {
      if (tensor.type !== 'float32' || bytesOf(tensor) < worthFeeding) return [];
      const { shape } = tensor;
      return [[tensor, { type: 'float32', shape, data: floatsOf(tensor) }] as const];
    }),
  );
}

function floatsOf(tensor: Tensor): Float32Array {
  const { buffer, byteOffset } = alignedBytes(tensor.bytes(), 4);
  return new Float32Array(buffer, byteOffset, elementCount(tensor.shape));
}

/** A session of the network whose large weights are inputs like any other, and given to it at every run from where they are. */
export async function openFed(
  engine: Engine,
  network: Network,
  extraOutputs: readonly string[],
  fed: FedWeights,
): Promise<Session> {
  const given = [...network.constants].flatMap(([name, tensor]) => {
    const array = fed.get(tensor);
    return array === undefined ? [] : [[name, array] as const];
  });
  const light: Network = {
    ...network,
    inputs: [...network.inputs, ...given.map(([name, { type, shape }]) => ({ name, type, shape }))],
    constants: new Map([...network.constants].filter(([, tensor]) => !fed.has(tensor))),
  };
  const session = await engine.open(writeOnnx(light, extraOutputs), 'chosen');
  if (given.length === 0) return session;
  const weights = Object.fromEntries(given);
  return { run: (inputs, into) => session.run({ ...weights, ...inputs }, into), dispose: () => session.dispose() };
}
