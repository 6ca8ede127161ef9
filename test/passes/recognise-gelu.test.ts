import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime } from '../operators/against-runtime.ts';
import { networkOf, type ConstantSketch, type NodeSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const scalar = (value: number): ConstantSketch => ({ shape: [], values: [value] });
const constants = {
  half: scalar(0.5),
  one: scalar(1),
  two: scalar(2),
  root: scalar(Math.SQRT2),
  inverse: scalar(Math.SQRT1_2),
  coarse: scalar(1.4142),
  wrong: scalar(1.5),
};
const node = (op: string, inputs: string[], output: string): NodeSketch => ({ op, inputs, outputs: [output] });
const head = [
  node('Div', ['x', 'root'], 'scaled'),
  node('Erf', ['scaled'], 'erf'),
  node('Add', ['erf', 'one'], 'plus'),
];

const networkFor = (nodes: readonly NodeSketch[]) => networkOf({ input: [2, 5], constants, nodes });
const opsOf = async (nodes: readonly NodeSketch[]): Promise<string[]> =>
  (await prepare(networkFor(nodes), { dims: {}, held: new Map() }, engine)).analysed.nodes.map(({ op }) => op);

describe('A GELU written out', () => {
  it.each<[string, NodeSketch[]]>([
    ['(x (1 + erf)) / 2', [...head, node('Mul', ['x', 'plus'], 'product'), node('Mul', ['product', 'half'], 'y')]],
    ['1/2 (x (1 + erf))', [...head, node('Mul', ['plus', 'x'], 'product'), node('Mul', ['half', 'product'], 'y')]],
    ['(x / 2) (1 + erf)', [...head, node('Mul', ['x', 'half'], 'halved'), node('Mul', ['halved', 'plus'], 'y')]],
    [
      '(1 + erf) (x / 2) by division',
      [...head, node('Div', ['x', 'two'], 'halved'), node('Mul', ['plus', 'halved'], 'y')],
    ],
    ['x ((1 + erf) / 2)', [...head, node('Mul', ['plus', 'half'], 'weight'), node('Mul', ['x', 'weight'], 'y')]],
    [
      'x 0.7071 in place of x / 1.4142, and 1 + erf the other way round',
      [
        node('Mul', ['inverse', 'x'], 'scaled'),
        node('Erf', ['scaled'], 'erf'),
        node('Add', ['one', 'erf'], 'plus'),
        node('Mul', ['x', 'plus'], 'product'),
        node('Mul', ['product', 'half'], 'y'),
      ],
    ],
    [
      'a coarse constant: the stretched function of the file, not the ideal one',
      [
        node('Div', ['x', 'coarse'], 'scaled'),
        node('Erf', ['scaled'], 'erf'),
        node('Add', ['erf', 'one'], 'plus'),
        node('Mul', ['x', 'plus'], 'product'),
        node('Mul', ['product', 'half'], 'y'),
      ],
    ],
  ])('%s is one Gelu, and the same function', async (_, nodes) => {
    expect(await opsOf(nodes)).toEqual(['Gelu']);
    await checkAgainstRuntime(networkFor(nodes), engine, { interval: [-4, 4] });
  });

  it.each<[string, NodeSketch[]]>([
    [
      'another constant inside',
      [
        node('Div', ['x', 'wrong'], 'scaled'),
        node('Erf', ['scaled'], 'erf'),
        node('Add', ['erf', 'one'], 'plus'),
        node('Mul', ['x', 'plus'], 'product'),
        node('Mul', ['product', 'half'], 'y'),
      ],
    ],
    ['another factor', [...head, node('Mul', ['x', 'plus'], 'product'), node('Mul', ['product', 'two'], 'y')]],
    [
      'another summand',
      [
        node('Div', ['x', 'root'], 'scaled'),
        node('Erf', ['scaled'], 'erf'),
        node('Add', ['erf', 'half'], 'plus'),
        node('Mul', ['x', 'plus'], 'product'),
        node('Mul', ['product', 'half'], 'y'),
      ],
    ],
    [
      'erf used twice',
      [
        ...head,
        node('Mul', ['x', 'plus'], 'product'),
        node('Mul', ['product', 'half'], 'gelu'),
        node('Add', ['gelu', 'erf'], 'y'),
      ],
    ],
    [
      'the scaled x used twice',
      [
        ...head,
        node('Mul', ['x', 'plus'], 'product'),
        node('Mul', ['product', 'half'], 'gelu'),
        node('Add', ['gelu', 'scaled'], 'y'),
      ],
    ],
    ['1 + erf squared', [...head, node('Mul', ['plus', 'plus'], 'product'), node('Mul', ['product', 'half'], 'y')]],
    [
      'another x outside',
      [node('Relu', ['x'], 'r'), ...head, node('Mul', ['r', 'plus'], 'product'), node('Mul', ['product', 'half'], 'y')],
    ],
    [
      'x twice',
      [
        ...head,
        node('Mul', ['x', 'plus'], 'product'),
        node('Mul', ['x', 'product'], 'square'),
        node('Mul', ['square', 'half'], 'y'),
      ],
    ],
    [
      'the halved product used twice',
      [
        ...head,
        node('Mul', ['plus', 'half'], 'weight'),
        node('Mul', ['x', 'weight'], 'gelu'),
        node('Add', ['gelu', 'weight'], 'y'),
      ],
    ],
    [
      'c / x',
      [
        node('Div', ['root', 'x'], 'scaled'),
        node('Erf', ['scaled'], 'erf'),
        node('Add', ['erf', 'one'], 'plus'),
        node('Mul', ['x', 'plus'], 'product'),
        node('Mul', ['product', 'half'], 'y'),
      ],
    ],
  ])('with %s is none', async (_, nodes) => {
    expect(await opsOf(nodes)).not.toContain('Gelu');
  });

  it('keeps x for whoever else reads it', async () => {
    const nodes = [
      node('Sigmoid', ['x'], 's'),
      node('Div', ['s', 'root'], 'scaled'),
      node('Erf', ['scaled'], 'erf'),
      node('Add', ['erf', 'one'], 'plus'),
      node('Mul', ['s', 'plus'], 'product'),
      node('Mul', ['product', 'half'], 'gelu'),
      node('Add', ['gelu', 's'], 'y'),
    ];
    expect(await opsOf(nodes)).toEqual(['Sigmoid', 'Gelu', 'Add']);
    await checkAgainstRuntime(networkFor(nodes), engine);
  });
});
