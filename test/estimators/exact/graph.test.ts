import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { programOf } from '../../../core/estimators/exact/graph.ts';
import { encloseNetwork } from '../../../core/estimators/ranges/enclose-network.ts';
import { exactly } from '../../../core/operators/enclosure.ts';
import { elementCount, type Shape } from '../../../core/network/tensor.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { ints, networkOf, type ConstantSketch, type NodeSketch } from '../../operators/small-networks.ts';
import { workOf } from '../norms/small-maps.ts';
import { evaluate, randomNumbers } from './random-programs.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const uniform = randomNumbers(7);
const numbers = (...shape: number[]): ConstantSketch => ({
  shape,
  values: Float32Array.from({ length: elementCount(shape) }, () => 2 * uniform() - 1),
});

interface Sketch {
  readonly name: string;
  readonly input: Shape;
  readonly nodes: readonly NodeSketch[];
  readonly constants?: Readonly<Record<string, ConstantSketch>>;
  readonly units: number;
}

const dense: NodeSketch = { op: 'Gemm', inputs: ['x', 'w', 'b'], attributes: { transB: 1 } };
const layer = { w: numbers(4, 3), b: numbers(4) };
const image: NodeSketch = { op: 'Conv', inputs: ['x', 'w', 'b'], attributes: { pads: [1, 1, 1, 1] } };
const kernel = { w: numbers(2, 1, 3, 3), b: numbers(2) };
const after = (op: string, attributes: NodeSketch['attributes'] = {}): NodeSketch => ({
  op,
  inputs: ['y0'],
  attributes,
});

const sketches: readonly Sketch[] = [
  { name: 'LeakyRelu', input: [1, 3], nodes: [dense, after('LeakyRelu', { alpha: { float: 0.2 } })], constants: layer, units: 4 },
  { name: 'HardSigmoid', input: [1, 3], nodes: [dense, after('HardSigmoid')], constants: layer, units: 4 },
  { name: 'PRelu', input: [1, 3], nodes: [dense, { op: 'PRelu', inputs: ['y0', 'a'] }], constants: { ...layer, a: numbers(4) }, units: 4 },
  { name: 'opposite Relus, one unit for each pair', input: [1, 3], nodes: [dense, after('Relu'), { op: 'Neg', inputs: ['y0'] }, { op: 'Relu', inputs: ['y2'] }, { op: 'Add', inputs: ['y1', 'y3'] }], constants: layer, units: 4 },
  { name: 'opposite Relus whose difference is linear', input: [1, 3], nodes: [dense, after('Relu'), { op: 'Neg', inputs: ['y0'] }, { op: 'Relu', inputs: ['y2'] }, { op: 'Sub', inputs: ['y1', 'y3'] }], constants: layer, units: 0 },
  { name: 'MaxPool with a short window at the border', input: [1, 1, 3, 3], nodes: [image, after('MaxPool', { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 1, 1] })], constants: kernel, units: 10 },
  { name: 'GlobalMaxPool', input: [1, 1, 2, 2], nodes: [image, after('GlobalMaxPool')], constants: kernel, units: 6 },
  { name: 'ReduceMax and ReduceMin of pairs, one unit for both', input: [1, 3], nodes: [dense, { op: 'Reshape', inputs: ['y0', 'pairs'] }, { op: 'ReduceMax', inputs: ['y1', 'last'] }, { op: 'ReduceMin', inputs: ['y1', 'last'] }, { op: 'Concat', inputs: ['y2', 'y3'], attributes: { axis: 2 } }], constants: { ...layer, pairs: ints([1, 2, 2]), last: ints([2]) }, units: 2 },
  { name: 'TopK of all, falling', input: [1, 3], nodes: [dense, { op: 'TopK', inputs: ['y0', 'four'], outputs: ['sorted', 'places'] }], constants: { ...layer, four: ints([4]) }, units: 6 },
  { name: 'TopK of the three smallest', input: [1, 3], nodes: [dense, { op: 'TopK', inputs: ['y0', 'three'], outputs: ['sorted', 'places'], attributes: { largest: 0 } }], constants: { ...layer, three: ints([3]) }, units: 6 },
  { name: 'Split, Min, Concat', input: [1, 3], nodes: [dense, { op: 'Split', inputs: ['y0'], outputs: ['p', 'q'], attributes: { axis: 1, num_outputs: 2 } }, { op: 'Min', inputs: ['p', 'q'] }, { op: 'Concat', inputs: ['y2', 'p'], attributes: { axis: 1 } }], constants: layer, units: 2 },
]; // prettier-ignore

describe('a network as a piecewise-linear program', () => {
  it.each(sketches)('computes what the network computes: $name', async ({ input, nodes, constants, units }) => {
    const network = networkOf({ input, nodes, output: nodes.at(-1)!.outputs?.[0] ?? `y${nodes.length - 1}`, ...(constants === undefined ? {} : { constants }) }); // prettier-ignore
    const { analysed, runnable, output } = await prepare(network, { dims: {}, held: new Map() }, engine);
    const program = programOf(analysed, 'x', output)!;
    expect(program.units.length).toBe(units);
    for (let i = 0; i < 50; i++) {
      const x = Float64Array.from({ length: elementCount(input) }, () => 6 * uniform() - 3);
      const image = (await encloseNetwork(runnable, exactly(input, x), workOf(), 'all')).get(output)!;
      const { y } = evaluate(program, [...x]);
      y.forEach((value, k) => {
        expect(value).toBeGreaterThan(image.lower[k]! - 1e-12);
        expect(value).toBeLessThan(image.upper[k]! + 1e-12);
      });
    }
  });

  it('is none of a smooth network, nor of one too large for a search', async () => {
    const smooth = networkOf({ input: [1, 3], nodes: [dense, after('Tanh')], constants: layer });
    const wide = networkOf({ input: [1, 3], nodes: [dense, after('Relu')], constants: { w: numbers(300, 3), b: numbers(300) } }); // prettier-ignore
    for (const network of [smooth, wide]) {
      const { analysed, output } = await prepare(network, { dims: {}, held: new Map() }, engine);
      expect(programOf(analysed, 'x', output)).toBeUndefined();
    }
  });
});
