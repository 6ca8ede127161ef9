import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import type { Network } from '../../core/network/network.ts';
import { elementCount } from '../../core/network/tensor.ts';
import { inferTypes } from '../../core/passes/infer-types.ts';
import { runnableInDoubles } from '../../core/passes/without-double-kernels.ts';
import { writtenInDoubles } from '../../core/passes/written-in-doubles.ts';
import { networkOf, numbers, weights, type NetworkSketch, type NodeSketch } from '../operators/small-networks.ts';
import { evaluate } from '../soundness/plain-evaluator.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const kernel = (shape: readonly number[]) => ({ ...weights(shape, 3), type: 'float64' }) as const;
const on = (input: readonly number[], node: NodeSketch, constants: NetworkSketch['constants'] = {}): Network =>
  inferTypes(networkOf({ type: 'float64', input, nodes: [node], constants }));
const image = [2, 4, 5, 6];
const one = (op: string, attributes: NodeSketch['attributes'] = {}): Network =>
  on([1, 12], { op, inputs: ['x'], attributes });

/** With the largest relative error against plain loops, or against the kernel in float32 where they lack the operator. */
const specimens: Readonly<Record<string, readonly [Network, number]>> = {
  Conv: [on(image, { op: 'Conv', inputs: ['x', 'w', 'b'], attributes: { pads: [1, 1, 1, 1], strides: [2, 1] } }, { w: kernel([3, 4, 3, 3]), b: kernel([3]) }), 1e-13], // prettier-ignore
  'Conv in groups, dilated': [on(image, { op: 'Conv', inputs: ['x', 'w'], attributes: { group: 2, dilations: [2, 1], pads: [0, 1, 2, 0] } }, { w: kernel([6, 2, 2, 3]) }), 1e-6], // prettier-ignore
  AveragePool: [on(image, { op: 'AveragePool', inputs: ['x'], attributes: { kernel_shape: [2, 3], strides: [1, 2] } }), 1e-13], // prettier-ignore
  GlobalAveragePool: [on(image, { op: 'GlobalAveragePool', inputs: ['x'] }), 1e-13],
  LeakyRelu: [one('LeakyRelu', { alpha: { float: 0.2 } }), 1e-15],
  Elu: [one('Elu'), 1e-13],
  HardSwish: [one('HardSwish'), 1e-15],
  Softplus: [one('Softplus'), 1e-13],
  PRelu: [on([1, 4, 3], { op: 'PRelu', inputs: ['x', 's'] }, { s: kernel([4, 1]) }), 1e-6],
  Celu: [one('Celu', { alpha: { float: 0.5 } }), 1e-6],
  Selu: [one('Selu'), 1e-6],
  HardSigmoid: [one('HardSigmoid', { alpha: { float: 0.3 } }), 1e-6],
  Softsign: [one('Softsign'), 1e-6],
  Mish: [one('Mish'), 1e-6],
  Mean: [on([1, 12], { op: 'Mean', inputs: ['x', 'x', 'c'] }, { c: kernel([12]) }), 1e-6],
};

async function run(network: Network, data: Float64Array): Promise<Float64Array> {
  const session = await engine.open(writeOnnx(network), 'cpu');
  const { shape } = network.types.get('x')!;
  const output = (await session.run({ x: { type: 'float64', shape, data } }))[network.outputs[0]!.name]!;
  await session.dispose();
  return Float64Array.from(output.data as Float64Array);
}

test.each(Object.entries(specimens))('%s is computed in doubles', async (_, [network, error]) => {
  const written = runnableInDoubles(writtenInDoubles(network));
  expect(written.inSingle).toEqual([]);
  const point = Float64Array.from(numbers(elementCount(network.types.get('x')!.shape), 5), (value) => 4 * value);
  const own = await run(written.network, point);
  const truth =
    error < 1e-7 ? evaluate(network, point) : Array.from(await run(runnableInDoubles(network).network, point));
  expect(own).toHaveLength(truth.length);
  const scale = Math.max(...truth.map(Math.abs));
  truth.forEach((value, i) => expect(Math.abs(own[i]! - value)).toBeLessThanOrEqual(error * scale));
});
