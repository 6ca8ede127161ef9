import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import type { Shape } from '../../core/network/tensor.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime } from '../operators/against-runtime.ts';
import { ints, networkOf, node, type NodeSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const scalar = (value: number) => ({ shape: [], values: [value] });
const constants = {
  first: ints([1]),
  'one around': ints([0, 0, 1, 0, 0, 0, 1, 0]),
  'one before': ints([0, 0, 1, 0, 0, 0, 0, 0]),
  'two before': ints([0, 0, 2, 0, 0, 0, 0, 0]),
  'one behind': ints([0, 0, 0, 0, 0, 0, 1, 0]),
  'volume around': ints([0, 0, 1, 0, 0, 0, 0, 1, 0, 0]),
  'as a volume': ints([2, 1, 5, 2, 2]),
  'as it was': ints([2, 5, 2, 2]),
  alpha: scalar(0.5),
  bias: scalar(2),
  beta: scalar(0.75),
};
const average = (size: number, others: readonly number[], more: NodeSketch['attributes'] = {}): NodeSketch =>
  node('AveragePool', 'p', 'm', { kernel_shape: [size, ...others], count_include_pad: 1, ...more });
const rest = [node('Mul', 'g, alpha', 'a'), node('Add', 'a, bias', 'b'), node('Pow', 'b, beta', 'c'), node('Div', 'x, c', 'y')]; // prettier-ignore
const rows = (pads: string, pool: NodeSketch): NodeSketch[] => [
  node('Mul', 'x, x', 's'),
  node('Unsqueeze', 's, first', 'u'),
  node('Pad', `u, ${pads}`, 'p'),
  pool,
  node('Squeeze', 'm, first', 'g'),
  ...rest,
];
const images: NodeSketch[] = [
  node('Mul', 'x, x', 's'),
  node('Reshape', 's, as a volume', 'u'),
  node('Pad', 'u, volume around', 'p'),
  average(3, [1, 1]),
  node('Squeeze', 'm, first', 'q'),
  node('Reshape', 'q, as it was', 'g'),
  ...rest,
];
const sketch = (input: Shape, nodes: readonly NodeSketch[]) => networkOf({ input, nodes, constants, opset: 17, output: 'y' }); // prettier-ignore
const opsOf = async (input: Shape, nodes: readonly NodeSketch[]): Promise<string[]> =>
  (await prepare(sketch(input, nodes), { dims: {}, held: new Map() }, engine)).analysed.nodes.map(({ op }) => op);

describe('F.local_response_norm written out', () => {
  it.each<[string, Shape, readonly NodeSketch[]]>([
    ['rows', [2, 5, 3], rows('one around', average(3, [1]))],
    ['a window of two, behind as LRN has it', [2, 5, 3], rows('one behind', average(2, [1]))],
    ['a window of two that looks before, as PyTorch has it', [2, 5, 3], rows('one before', average(2, [1]))],
    ['images', [2, 5, 2, 2], images],
  ])('of %s is an LRN', async (_, input, nodes) => {
    expect(await opsOf(input, nodes)).toEqual(['LRN']);
    await checkAgainstRuntime(sketch(input, nodes), engine, { points: 4 });
  });

  it.each<[string, readonly NodeSketch[]]>([
    ['a window of three that looks before', rows('two before', average(3, [1]))],
    ['a window over positions as well', rows('one around', average(3, [1], { pads: [0, 0, 0, 0], dilations: [2, 1] }))],
    ['the square of something else', [node('Add', 'x, x', 'z'), node('Mul', 'z, z', 's'), ...rows('one around', average(3, [1])).slice(1)]], // prettier-ignore
  ])('is left alone with %s', async (_, nodes) => {
    expect(await opsOf([2, 5, 3], nodes).catch(() => [])).not.toContain('LRN');
  });
});
