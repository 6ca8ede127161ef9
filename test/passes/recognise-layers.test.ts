import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime } from '../operators/against-runtime.ts';
import { ints, networkOf, type NodeSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const scalar = (value: number) => ({ shape: [], values: [value] });
const constants = {
  one: scalar(1),
  two: scalar(2),
  three: scalar(3),
  half: scalar(0.5),
  minusHalf: scalar(-0.5),
  'a third': scalar(1 / 3),
  epsilon: scalar(1e-3),
  nothing: scalar(0),
  'sqrt 2/pi': scalar(Math.sqrt(2 / Math.PI)),
  'four decimals': scalar(0.7979),
  '0.8': scalar(0.8),
  '0.044715': scalar(0.044715),
  shape: ints([1, 3, 5]),
  weight: { shape: [5], values: [1, 0.5, -2, 1.5, 0.25] },
  bias: { shape: [5], values: [0.1, 0, -0.3, 0.2, 1] },
  rows: { shape: [3, 1], values: [1, 2, 3] },
  'one with more axes': { shape: [1, 1, 1, 1], values: [1] },
};
const node = (op: string, inputs: string, output: string, attributes?: NodeSketch['attributes']): NodeSketch => ({
  op,
  inputs: inputs.split(', '),
  outputs: [output],
  ...(attributes === undefined ? {} : { attributes }),
});
const mean = (from: string, to: string, axes = [-1]): NodeSketch => node('ReduceMean', from, to, { axes });
/** The nodes with the one that makes this tensor exchanged. */
const but = (nodes: readonly NodeSketch[], changed: NodeSketch): readonly NodeSketch[] =>
  nodes.map((own) => (own.outputs?.[0] === changed.outputs?.[0] ? changed : own));

const networkFor = (nodes: readonly NodeSketch[]) =>
  networkOf({ input: [1, 3, 5], constants, nodes, opset: 13, output: 'y' });
const opsOf = async (nodes: readonly NodeSketch[]): Promise<string[]> =>
  (await prepare(networkFor(nodes), { dims: {}, held: new Map() }, engine)).analysed.nodes.map(({ op }) => op);

const meanSquare = [node('Pow', 'x, two', 'square'), mean('square', 'mean'), node('Add', 'mean, epsilon', 'shifted')];
const byRoot = [
  ...meanSquare,
  node('Sqrt', 'shifted', 'root'),
  node('Div', 'x, root', 'z'),
  node('Mul', 'z, weight', 'y'),
];
const byReciprocal = [
  ...meanSquare,
  node('Sqrt', 'shifted', 'root'),
  node('Reciprocal', 'root', 'inverse'),
  node('Mul', 'x, inverse', 'z'),
  node('Mul', 'weight, z', 'y'),
];
const softplus = [node('Exp', 'x', 'e'), node('Add', 'one, e', 's'), node('Log', 's', 'y')];
const mish = [
  node('Exp', 'x', 'e'),
  node('Add', 'e, one', 's'),
  node('Log', 's', 'l'),
  node('Tanh', 'l', 't'),
  node('Mul', 'x, t', 'y'),
];
const softsign = [node('Abs', 'x', 'a'), node('Add', 'a, a third', 's'), node('Div', 'x, s', 'y')];
const gate = [
  node('Tanh', 'c', 't'),
  node('Add', 't, one', 'p'),
  node('Mul', 'x, p', 'q'),
  node('Mul', 'q, half', 'y'),
];
const geluTanh = [
  node('Pow', 'x, three', 'cube'),
  node('Mul', 'cube, 0.044715', 'm'),
  node('Add', 'x, m', 'sum'),
  node('Mul', 'sqrt 2/pi, sum', 'c'),
  ...gate,
];
const geluFast = [
  node('Mul', 'x, x', 'square'),
  node('Mul', '0.044715, square', 'm'),
  node('Add', 'one, m', 'sum'),
  node('Mul', 'x, sqrt 2/pi', 's'),
  node('Mul', 's, sum', 'c'),
  ...gate,
];
const elu = [
  node('Exp', 'x', 'e'),
  node('Sub', 'e, one', 's'),
  node('Mul', 's, half', 'm'),
  node('Greater', 'x, nothing', 'c'),
  node('Where', 'c, x, m', 'y'),
];
const softshrink = [
  node('Greater', 'x, half', 'above'),
  node('Sub', 'x, half', 'down'),
  node('Where', 'above, down, nothing', 'a'),
  node('Less', 'x, minusHalf', 'below'),
  node('Add', 'x, half', 'up'),
  node('Where', 'below, up, nothing', 'b'),
  node('Add', 'a, b', 'y'),
];
const softshrinkBySign = [
  node('Abs', 'x', 'size'),
  node('Greater', 'size, half', 'above'),
  node('Sign', 'x', 'sign'),
  node('Mul', 'sign, half', 'limit'),
  node('Sub', 'x, limit', 'nearer'),
  node('Mul', 'x, nothing', 'zero'),
  node('Where', 'above, nearer, zero', 'y'),
];
const normalise = [
  node('ReduceL2', 'x', 'l', { axes: [-1] }),
  node('Max', 'l, epsilon', 'm'),
  node('Expand', 'm, shape', 'w'),
  node('Div', 'x, w', 'y'),
];
const centred = [
  mean('x', 'mean'),
  node('Sub', 'x, mean', 'centred'),
  node('Mul', 'centred, centred', 'square'),
  mean('square', 'variance'),
  node('Add', 'epsilon, variance', 'shifted'),
];

describe('A layer that a file writes out', () => {
  it.each<[string, readonly NodeSketch[], string]>([
    ['by a quotient', byRoot, 'RMSNormalization'],
    ['by a reciprocal root', byReciprocal, 'RMSNormalization'],
    ['by one over the root', but(byReciprocal, node('Div', 'one, root', 'inverse')), 'RMSNormalization'],
    [
      'without a weight',
      [...meanSquare, node('Pow', 'shifted, minusHalf', 'r'), node('Mul', 'r, x', 'y')],
      'RMSNormalization',
    ],
    ['by logarithm and exponential', softplus, 'Softplus'],
    ['with its softplus written out as well', mish, 'Mish'],
    ['with a third in place of 1', softsign, 'Softsign'],
    ['with a cube', geluTanh, 'Gelu'],
    ['by the logarithm of a sigmoid', [node('Sigmoid', 'x', 's'), node('Log', 's', 'y')], 'LogSigmoid'],
    ['by a choice', elu, 'Elu'],
    [
      'by the other choice, without a factor',
      [
        ...elu.slice(0, 1),
        node('Sub', 'e, one', 's'),
        node('LessOrEqual', 'x, nothing', 'c'),
        node('Where', 'c, s, x', 'y'),
      ],
      'Elu',
    ],
    ['by two choices', softshrink, 'Shrink'],
    ['by its sign', softshrinkBySign, 'Shrink'],
    ['by a length with a floor', normalise, 'LpNormalization'],
    [
      'by a sum of absolute values with a floor',
      [node('ReduceL1', 'x', 'l', { axes: [1] }), node('Clip', 'l, epsilon', 'm'), node('Div', 'x, m', 'y')],
      'LpNormalization',
    ],
    ['with a square', geluFast, 'Gelu'],
    [
      'with a reciprocal root',
      [
        ...centred,
        node('Sqrt', 'shifted', 'root'),
        node('Reciprocal', 'root', 'r'),
        node('Mul', 'centred, r', 'z'),
        node('Mul', 'z, weight', 'w'),
        node('Add', 'bias, w', 'y'),
      ],
      'LayerNormalization',
    ],
  ])('%s is one %3$s, and the same function', async (_, nodes, op) => {
    expect(await opsOf(nodes)).toEqual([op]);
    await checkAgainstRuntime(networkFor(nodes), engine, { interval: [-4, 4] });
  });

  it.each<[string, readonly NodeSketch[], string]>([
    ['RMSNorm with another power', but(byRoot, node('Pow', 'x, three', 'square')), 'RMSNormalization'],
    ['RMSNorm without an epsilon', but(byRoot, node('Add', 'mean, nothing', 'shifted')), 'RMSNormalization'],
    [
      'RMSNorm of another tensor',
      [node('Abs', 'x', 'other'), ...but(byRoot, node('Div', 'other, root', 'z'))],
      'RMSNormalization',
    ],
    ['RMSNorm whose root is read elsewhere', but(byRoot, node('Mul', 'z, root', 'y')), 'RMSNormalization'],
    ['RMSNorm with three over the root', but(byReciprocal, node('Div', 'three, root', 'inverse')), 'RMSNormalization'],
    ['Softplus with 2 in place of 1', but(softplus, node('Add', 'two, e', 's')), 'Softplus'],
    ['Softplus with more axes', but(softplus, node('Add', 'one with more axes, e', 's')), 'Softplus'],
    ['Mish of two tensors', [node('Neg', 'x', 'n'), ...but(mish, node('Mul', 'n, t', 'y'))], 'Mish'],
    ['Softsign with 0 in place of 1', but(softsign, node('Add', 'a, nothing', 's')), 'Softsign'],
    ['Softsign of two tensors', [node('Neg', 'x', 'n'), ...but(softsign, node('Abs', 'n', 'a'))], 'Softsign'],
    ['GELU with another cubic part', but(geluTanh, node('Mul', 'cube, epsilon', 'm')), 'Gelu'],
    ['GELU with four decimals of sqrt(2/pi)', but(geluTanh, node('Mul', 'four decimals, sum', 'c')), 'Gelu'],
    ['GELU with 0.8 for sqrt(2/pi)', but(geluTanh, node('Mul', '0.8, sum', 'c')), 'Gelu'],
    ['GELU with a square in place of the cube', but(geluTanh, node('Pow', 'x, two', 'cube')), 'Gelu'],
    ['a shrink that jumps', but(softshrink, node('Sub', 'x, one', 'down')), 'Shrink'],
    ['a shrink with another limit below', but(softshrink, node('Less', 'x, nothing', 'below')), 'Shrink'],
    ['a shrink the wrong way round', but(softshrink, node('Less', 'x, half', 'above')), 'Shrink'],
    ['a shrink by its sign that jumps', but(softshrinkBySign, node('Mul', 'sign, one', 'limit')), 'Shrink'],
    ['ELU the wrong way round', but(elu, node('Where', 'c, m, x', 'y')), 'Elu'],
    ['ELU with 2 in place of 1', but(elu, node('Sub', 'e, two', 's')), 'Elu'],
    ['ELU with its bend at 1', but(elu, node('Greater', 'x, one', 'c')), 'Elu'],
    [
      'a normalisation of another tensor',
      [node('Abs', 'x', 'a'), ...but(normalise, node('Div', 'a, w', 'y'))],
      'LpNormalization',
    ],
    [
      'a normalisation of everything at once',
      but(normalise, node('ReduceL2', 'x', 'l', { axes: [1, 2] })),
      'LpNormalization',
    ],
    ['GELU times 1/3', but(geluTanh, node('Mul', 'q, a third', 'y')), 'Gelu'],
    ['GELU gated by another tensor', [node('Neg', 'x', 'n'), ...but(geluTanh, node('Mul', 'n, p', 'q'))], 'Gelu'],
  ])('a near miss is left alone: %s', async (_, nodes, op) => {
    expect(await opsOf(nodes)).not.toContain(op);
  });

  it('leaves a scaling per row outside of an RMSNorm', async () => {
    expect(await opsOf(but(byRoot, node('Mul', 'z, rows', 'y')))).toEqual(['RMSNormalization', 'Mul']);
  });
});
