import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Engine, NumericArray } from '../../../core/compute/engine.ts';
import { onlyNeeded } from '../../../core/derivatives/derived-network.ts';
import { differentiable } from '../../../core/derivatives/differentiable.ts';
import { jvp } from '../../../core/derivatives/jvp.ts';
import { vjp } from '../../../core/derivatives/vjp.ts';
import { modelInMemory } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { writeOnnx } from '../../../core/formats/onnx/write.ts';
import type { Network } from '../../../core/network/network.ts';
import { elementCount, tensorOfNumbers } from '../../../core/network/tensor.ts';
import { batched } from '../../../core/passes/batch.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import type { Maxima } from '../../../core/operators/derivatives/graph.ts';
import { networkOf, numbers, weights, type NodeSketch } from '../../operators/small-networks.ts';

/** A graph as the product runs it, with something to feed it. */
export interface Workload {
  readonly name: string;
  /** What one run is counted as: points of a map, images, steps of an iteration. */
  readonly items: number;
  /** Written as the provider that runs it needs it. */
  readonly model: (maxima: Maxima) => Uint8Array;
  readonly feeds: Readonly<Record<string, NumericArray>>;
}

/** How many power steps stand in one graph. */
export const powerSteps = 20;

const plane = resolve(import.meta.dirname, '../../../samples/two_moons/mlp.onnx');

/** The sizes are those of the peer's script too (peers.py). */
export async function* workloads(models: string, engine: Engine): AsyncGenerator<Workload> {
  const map = await networkIn(plane, engine);
  for (const points of [4096, 65536, 262144]) yield derivative('map, values', 'values', map, points);
  for (const points of [4096, 65536, 262144]) yield derivative('map, J v', 'jvp', map, points);
  const resnet = join(models, 'cifar10_resnet_2b.onnx');
  if (existsSync(resnet)) {
    const network = await networkIn(resnet, engine);
    for (const batch of [64, 512, 2048]) yield derivative('resnet_2b, J v', 'jvp', network, batch);
    for (const batch of [64, 512, 2048]) yield derivative('resnet_2b, J′ u', 'vjp', network, batch);
  }
  const resnet50 = join(models, 'light_resnet50.onnx');
  if (existsSync(resnet50)) {
    const { network: constant, output } = await networkIn(resnet50, engine);
    const network = { network: withRandomWeights(constant), output };
    for (const batch of [1, 16]) yield derivative('ResNet-50, J v', 'jvp', network, batch);
    for (const batch of [1, 16]) yield derivative('ResNet-50, J′ u', 'vjp', network, batch);
  }
  for (const [channels, size] of [
    [64, 56],
    [256, 14],
    [512, 7],
  ] as const) {
    yield powerLoop(`power loop, ${channels} channels ${size}x${size}`, channels, size);
  }
}

async function networkIn(file: string, engine: Engine): Promise<{ network: Network; output: string }> {
  const read = readModel(modelInMemory(file, readFileSync(file)));
  const { runnable, output } = await prepare(read, { dims: {}, held: new Map() }, engine);
  return { network: runnable, output };
}

function derivative(
  name: string,
  kind: 'values' | 'jvp' | 'vjp',
  { network, output }: { network: Network; output: string },
  batch: number,
): Workload {
  const single = differentiable(network, 'float32');
  const wide = batch === 1 ? single : batched(single, batch);
  if (wide === undefined) throw new Error(`${name} has no batch axis.`);
  const graphWith = (maxima: Maxima): Network =>
    onlyNeeded(kind === 'values' ? wide : derived((kind === 'jvp' ? jvp : vjp)({ network: wide, output, maxima })));
  const { inputs, types } = graphWith('positions');
  const feeds = Object.fromEntries(
    inputs.map(({ name: input }, k): [string, NumericArray] => {
      const { shape } = types.get(input)!;
      return [input, { type: 'float32', shape, data: numbers(elementCount(shape), 3 + k) }];
    }),
  );
  return { name: `${name}, ${batch} at once`, items: batch, model: (maxima) => writeOnnx(graphWith(maxima)), feeds };
}

function derived(result: ReturnType<typeof jvp>): Network {
  if ('missing' in result) throw new Error(result.missing.reason);
  const [name] = result.derivatives;
  return { ...result.network, outputs: [{ name: name!, ...result.network.types.get(name!)! }] };
}

/** x <- K' K x / |K' K x|, twenty times in one graph; the last length is the answer. */
function powerLoop(name: string, channels: number, size: number): Workload {
  const shape = [1, channels, size, size];
  const nodes: NodeSketch[] = [];
  let x = 'x';
  for (let step = 0; step < powerSteps; step++) {
    nodes.push(
      { op: 'Conv', inputs: [x, 'k'], outputs: [`a${step}`], attributes: { pads: [1, 1, 1, 1] } },
      { op: 'Conv', inputs: [`a${step}`, 'kt'], outputs: [`b${step}`], attributes: { pads: [1, 1, 1, 1] } },
      { op: 'ReduceL2', inputs: [`b${step}`], outputs: [`n${step}`], attributes: { keepdims: 1 } },
      { op: 'Div', inputs: [`b${step}`, `n${step}`], outputs: [`x${step}`] },
    );
    x = `x${step}`;
  }
  const kernel = numbers(channels * channels * 9, 11).map((value) => value / Math.sqrt(9 * channels));
  const flipped = new Float32Array(kernel.length);
  for (let o = 0; o < channels; o++)
    for (let i = 0; i < channels; i++)
      for (let t = 0; t < 9; t++) flipped[(i * channels + o) * 9 + (8 - t)] = kernel[(o * channels + i) * 9 + t]!;
  const each = [channels, channels, 3, 3];
  const network = networkOf({
    input: shape,
    nodes,
    constants: { k: { shape: each, values: kernel }, kt: { shape: each, values: flipped } },
    output: `n${powerSteps - 1}`,
  });
  return {
    name,
    items: powerSteps,
    model: () => writeOnnx(network),
    feeds: { x: { type: 'float32', shape, data: Float32Array.from(weights(shape, 5).values) } },
  };
}

/** The public ResNet-50 has one number in every weight, which no processor multiplies at its usual speed. */
export function withRandomWeights(network: Network): Network {
  const constants = [...network.constants].map(([name, tensor]) => {
    if (tensor.type !== 'float32' || tensor.shape.length < 2) return [name, tensor] as const;
    const count = elementCount(tensor.shape);
    const scale = Math.sqrt((6 * tensor.shape[0]!) / Math.max(1, count));
    const values = numbers(count, 7).map((value) => scale * value);
    return [name, tensorOfNumbers(name, tensor.shape, values, 'float32')] as const;
  });
  return { ...network, constants: new Map(constants) };
}
