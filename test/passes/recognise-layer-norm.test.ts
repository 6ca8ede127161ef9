import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime } from '../operators/against-runtime.ts';
import { networkOf, type NodeSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const constants = {
  two: { shape: [], values: [2] },
  three: { shape: [], values: [3] },
  epsilon: { shape: [], values: [1e-5] },
  weight: { shape: [5], values: [1, 0.5, -2, 1.5, 0.25] },
  bias: { shape: [5], values: [0.1, 0, -0.3, 0.2, 1] },
  rows: { shape: [3, 1], values: [1, 2, 3] },
};
const node = (op: string, inputs: string[], output: string, attributes?: NodeSketch['attributes']): NodeSketch => ({
  op,
  inputs,
  outputs: [output],
  ...(attributes === undefined ? {} : { attributes }),
});
const mean = (from: string, to: string, axes = [-1]): NodeSketch => node('ReduceMean', [from], to, { axes });

const normalised = (square: NodeSketch): NodeSketch[] => [
  mean('x', 'mean'),
  node('Sub', ['x', 'mean'], 'centred'),
  square,
  mean('square', 'variance'),
  node('Add', ['variance', 'epsilon'], 'shifted'),
  node('Sqrt', ['shifted'], 'root'),
  node('Div', ['centred', 'root'], 'z'),
];
const byPower = normalised(node('Pow', ['centred', 'two'], 'square'));
const byProduct = normalised(node('Mul', ['centred', 'centred'], 'square'));
const affine = [node('Mul', ['z', 'weight'], 'scaled'), node('Add', ['scaled', 'bias'], 'y')];

const networkFor = (nodes: readonly NodeSketch[]) => networkOf({ input: [1, 3, 5], constants, nodes, opset: 13 });
const opsOf = async (nodes: readonly NodeSketch[]): Promise<string[]> =>
  (await prepare(networkFor(nodes), { dims: {}, held: new Map() }, engine)).analysed.nodes.map(({ op }) => op);

describe('A LayerNorm written out', () => {
  it.each<[string, NodeSketch[]]>([
    ['with a power, weight and bias', [...byPower, ...affine]],
    ['with a product of the centred input with itself', [...byProduct, ...affine]],
    ['without weight and bias', byPower.map((own) => (own.op === 'Div' ? { ...own, outputs: ['y'] } : own))],
    ['with a weight alone', [...byPower, node('Mul', ['weight', 'z'], 'y')]],
    ['with a bias alone', [...byPower, node('Add', ['bias', 'z'], 'y')]],
  ])('%s is one LayerNormalization, and the same function', async (_, nodes) => {
    expect(await opsOf(nodes)).toEqual(['LayerNormalization']);
    await checkAgainstRuntime(networkFor(nodes), engine, { interval: [-4, 4] });
  });

  it.each<[string, NodeSketch[]]>([
    ['another power', [...normalised(node('Pow', ['centred', 'three'], 'square')), ...affine]],
    [
      'a mean over another axis',
      [...byPower.map((own) => (own.outputs?.[0] === 'variance' ? mean('square', 'variance', [1]) : own)), ...affine],
    ],
    ['a part that is read elsewhere', [...byPower, node('Mul', ['z', 'root'], 'y')]],
    [
      'a quotient of another centred tensor',
      [...byPower.map((own) => (own.op === 'Div' ? node('Div', ['x', 'root'], 'z') : own)), ...affine],
    ],
  ])('with %s is not taken for one', async (_, nodes) => {
    expect(await opsOf(nodes)).not.toContain('LayerNormalization');
  });

  it.each<[string, readonly number[], readonly string[]]>([
    ['channels', [1], ['Transpose', 'LayerNormalization', 'Transpose', 'Mul']],
    ['all but the batch', [1, 2], ['LayerNormalization', 'Mul']],
  ])('over %s is one as well, and the same function', async (_, axes, ops) => {
    const nodes = [
      ...byPower.map((own) => (own.op === 'ReduceMean' ? { ...own, attributes: { axes } } : own)),
      node('Mul', ['z', 'rows'], 'y'),
    ];
    expect(await opsOf(nodes)).toEqual(ops);
    await checkAgainstRuntime(networkFor(nodes), engine, { interval: [-4, 4] });
  });

  it('without its mean, over channels, is an RMSNormalization', async () => {
    const nodes = [
      node('Mul', ['x', 'x'], 'square'),
      mean('square', 'mean', [1]),
      node('Add', ['mean', 'epsilon'], 'shifted'),
      node('Sqrt', ['shifted'], 'root'),
      node('Div', ['x', 'root'], 'y'),
    ];
    expect(await opsOf(nodes)).toEqual(['Transpose', 'RMSNormalization', 'Transpose']);
    await checkAgainstRuntime(networkFor(nodes), engine, { interval: [-4, 4] });
  });

  it('leaves a scaling per row outside', async () => {
    expect(await opsOf([...byPower, node('Mul', ['z', 'rows'], 'y')])).toEqual(['LayerNormalization', 'Mul']);
  });
});
