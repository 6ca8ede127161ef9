import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { encloseNetwork } from '../../core/estimators/ranges/enclose-network.ts';
import { analyse } from '../../core/inspection/layers.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { workOf } from '../estimators/norms/small-maps.ts';
import { checkAgainstRuntime, constants } from '../operators/against-runtime.ts';
import { ints, networkOf, weights, type NodeSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const node = (op: string, inputs: string[], output: string, attributes?: NodeSketch['attributes']): NodeSketch => ({
  op,
  inputs,
  outputs: [output],
  ...(attributes === undefined ? {} : { attributes }),
});

/** Two heads of size 3 over four positions. */
const heads = (from: string, matrix: string, perm: readonly number[]): NodeSketch[] => [
  node('MatMul', [from, matrix], `${matrix} x`),
  node('Reshape', [`${matrix} x`, 'split'], `${matrix} heads`),
  node('Transpose', [`${matrix} heads`], matrix.toUpperCase(), { perm }),
];

const attention = (from: string, scores: readonly NodeSketch[]): NodeSketch[] => [
  ...heads(from, 'q', [0, 2, 1, 3]),
  ...heads(from, 'k', [0, 2, 3, 1]),
  ...heads(from, 'v', [0, 2, 1, 3]),
  node('MatMul', ['Q', 'K'], 'dots'),
  ...scores,
  node('Softmax', [scores.at(-1)?.outputs?.[0] ?? 'dots'], 'shares', { axis: -1 }),
  node('MatMul', ['shares', 'V'], 'y'),
];

const scaled = node('Div', ['dots', 'divisor'], 'scaled');
const masked = (from: string): NodeSketch => node('Add', [from, 'mask'], 'masked');

const sketch = (nodes: readonly NodeSketch[], scale: number) =>
  networkOf({
    input: [1, 4, 5],
    nodes,
    constants: {
      q: weights([5, 6], 11, scale),
      k: weights([5, 6], 12, scale),
      v: weights([5, 6], 13),
      split: ints([1, 4, 2, 3]),
      divisor: { shape: [], values: [Math.sqrt(3)] },
      gamma: weights([5], 14),
      causal: { shape: [4, 4], values: Array.from({ length: 16 }, (_, i) => Number(i % 4 <= Math.floor(i / 4))) },
      later: { shape: [4, 4], values: Array.from({ length: 16 }, (_, i) => Number(i % 4 > Math.floor(i / 4))) },
      hidden: { shape: [], values: [Number.NEGATIVE_INFINITY] },
      number: { shape: [], values: [-1.5] },
      large: { shape: [], values: [-1e9] },
      least: { shape: [], values: [0.5] },
      factor: { shape: [1], values: [0.6] },
      padding: { shape: [1, 1, 1, 4], values: [0, -1e4, 0, 0] },
      finite: weights([4, 4], 15),
      mask: {
        shape: [4, 4],
        values: Array.from({ length: 16 }, (_, i) => (i % 4 > i / 4 ? Number.NEGATIVE_INFINITY : (i % 3) / 2)),
      },
    },
  });

const anywhere = {
  shape: [1, 4, 5],
  lower: new Float64Array(20).fill(Number.NEGATIVE_INFINITY),
  upper: new Float64Array(20).fill(Number.POSITIVE_INFINITY),
};

describe('Attention in small operators', () => {
  it.each([
    ['alone', []],
    ['scaled', [scaled]],
    ['masked by infinities', [masked('dots')]],
    ['scaled and masked', [scaled, masked('scaled')]],
    [
      'with keys hidden by a choice',
      [scaled, node('Cast', ['causal'], 'c', { to: 9 }), node('Where', ['c', 'scaled', 'hidden'], 'chosen')],
    ],
    [
      'masked by a choice and a sum',
      [
        node('Add', ['dots', 'finite'], 'shifted'),
        node('Cast', ['causal'], 'c', { to: 9 }),
        node('Where', ['c', 'shifted', 'hidden'], 'chosen'),
      ],
    ],
    [
      'masked by a sum after a choice',
      [node('Cast', ['causal'], 'c', { to: 9 }), node('Where', ['c', 'dots', 'hidden'], 'chosen'), masked('chosen')],
    ],
    [
      'masked by large numbers in place of scores, and a sum before',
      [
        scaled,
        node('Add', ['scaled', 'finite'], 'shifted'),
        node('Cast', ['later'], 'c', { to: 9 }),
        node('Where', ['c', 'large', 'shifted'], 'chosen'),
      ],
    ],
    [
      'masked by small numbers in place of scores, and a sum behind',
      [
        node('Cast', ['later'], 'c', { to: 9 }),
        node('Where', ['c', 'number', 'dots'], 'chosen'),
        node('Add', ['chosen', 'finite'], 'shifted'),
      ],
    ],
    [
      'with two choices and a sum of large numbers, scaled between',
      [
        node('Cast', ['later'], 'c', { to: 9 }),
        node('Where', ['c', 'number', 'dots'], 'chosen'),
        node('Mul', ['chosen', 'factor'], 'scaled'),
        node('Add', ['scaled', 'padding'], 'padded'),
        node('Cast', ['causal'], 'd', { to: 9 }),
        node('Where', ['d', 'padded', 'hidden'], 'seen'),
      ],
    ],
    [
      'with numbers in place of scores',
      [scaled, node('Cast', ['later'], 'c', { to: 9 }), node('Where', ['c', 'number', 'scaled'], 'chosen')],
    ],
  ])('%s is one node, bounded on regions in every norm', async (_, scores) => {
    for (const scale of [0.3, 3]) {
      const network = sketch(attention('x', scores), scale);
      const { analysed } = await prepare(network, { dims: {}, held: new Map() }, engine);
      expect(analysed.nodes.filter(({ op }) => op === 'DotProductAttention')).toHaveLength(1);
      expect(analysed.nodes.some(({ op }) => op === 'Softmax')).toBe(false);
      for (const interval of [
        [-1, 1],
        [0.5, 0.6],
      ] as const)
        await checkAgainstRuntime(network, engine, { interval, unboundedEverywhere: true, width: 1e-8 });
    }
  });

  it('of normalised rows has a constant on the whole space', async () => {
    const nodes = [
      node('ReduceL2', ['x'], 'l', { axes: [-1] }),
      node('Clip', ['l', 'least'], 'floored'),
      node('Div', ['x', 'floored'], 'n'),
      ...attention('n', [scaled]),
    ];
    const network = { ...sketch(nodes, 1), opset: 17 };
    await checkAgainstRuntime(network, engine, { unboundedEverywhere: true, width: 1e-6, tolerance: 1e-5 });
    const { analysed, output } = await prepare(network, { dims: {}, held: new Map() }, engine);
    const ranges = await encloseNetwork(analysed, anywhere, workOf(), 'all');
    for (const constant of Object.values(constants(analysed, output, analyse(analysed, ranges))))
      expect(constant).toBeLessThan(1e3);
  });

  it('behind a LayerNorm has a constant on the whole space', async () => {
    const nodes = [node('LayerNormalization', ['x', 'gamma'], 'n', { axis: -1 }), ...attention('n', [scaled])];
    const network = sketch(nodes, 1);
    await checkAgainstRuntime(network, engine, { unboundedEverywhere: true, width: 1e-6, tolerance: 1e-5 });
    const { analysed, output } = await prepare(network, { dims: {}, held: new Map() }, engine);
    const ranges = await encloseNetwork(analysed, anywhere, workOf(), 'all');
    const { l1, l2, linf } = constants(analysed, output, analyse(analysed, ranges));
    for (const constant of [l1, l2, linf]) expect(constant).toBeLessThan(1e6);
  });
});
