import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { nodeOf } from '../../core/network/new-node.ts';
import { distanceAttention } from '../../core/operators/distance-attention.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime } from '../operators/against-runtime.ts';
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

const fromDifferences = (keys: string): NodeSketch[] => [
  node('Unsqueeze', ['q', 'one'], 'q column'),
  node('Unsqueeze', [keys, 'zero'], 'k row'),
  node('Sub', ['q column', 'k row'], 'difference'),
  node('Pow', ['difference', 'two'], 'squares'),
  node('ReduceSum', ['squares', 'last'], 'distances', { keepdims: 0 }),
  node('Mul', ['distances', 'minus'], 'scores'),
];

const fromProducts = (keys: string): NodeSketch[] => [
  node('Mul', ['q', 'q'], 'q squares'),
  node('ReduceSum', ['q squares', 'last'], 'q lengths', { keepdims: 1 }),
  node('Pow', [keys, 'two'], 'k squares'),
  node('ReduceSum', ['k squares', 'last'], 'k column', { keepdims: 1 }),
  node('Transpose', ['k column'], 'k lengths', { perm: [1, 0] }),
  node('Transpose', [keys], 'turned', { perm: [1, 0] }),
  node('MatMul', ['q', 'turned'], 'dots'),
  node('Mul', ['dots', 'two'], 'twice'),
  node('Add', ['q lengths', 'k lengths'], 'both'),
  node('Sub', ['both', 'twice'], 'distances'),
  node('Neg', ['distances'], 'negative'),
  node('Div', ['negative', 'two'], 'scores'),
];

const network = (scores: readonly NodeSketch[], valuesFrom: 'q' | 'x', keys: NodeSketch[] = []) =>
  networkOf({
    input: [4, 3],
    nodes: [
      node('MatMul', ['x', 'matrix'], 'moved'),
      node('Add', ['moved', 'bias'], 'q'),
      ...keys,
      ...scores,
      node('Softmax', ['scores'], 'shares', { axis: -1 }),
      node('MatMul', [valuesFrom, 'values'], 'v'),
      node('MatMul', ['shares', 'v'], 'y'),
    ],
    constants: {
      matrix: weights([3, 3], 21),
      other: weights([3, 3], 22),
      bias: weights([3], 23),
      values: weights([3, 2], 24),
      zero: ints([0]),
      one: ints([1]),
      last: ints([-1]),
      two: { shape: [], values: [2] },
      minus: { shape: [], values: [-0.7] },
    },
  });

const twice = [node('MatMul', ['x', 'matrix'], 'moved again'), node('Add', ['moved again', 'bias'], 'k')];
const untied = [node('MatMul', ['x', 'other'], 'moved again'), node('Add', ['moved again', 'bias'], 'k')];

describe('Attention by distances in small operators', () => {
  it.each([
    ['from differences, values of the queries', network(fromDifferences('q'), 'q')],
    ['from differences, values of the input', network(fromDifferences('q'), 'x')],
    ['from products, values of the queries', network(fromProducts('q'), 'q')],
    ['from products, keys computed once more', network(fromProducts('k'), 'x', twice)],
  ])('%s is one node, and bounded on the whole space', async (_, written) => {
    const { analysed } = await prepare(written, { dims: {}, held: new Map() }, engine);
    expect(analysed.nodes.map(({ op }) => op)).toContain('DistanceAttention');
    expect(analysed.nodes.map(({ op }) => op)).not.toContain('Softmax');
    for (const width of [0.5, 2, 20])
      await checkAgainstRuntime(written, engine, { interval: [-width, width], width: 1e-8 });
  });

  it.each([
    ['keys of their own weights', network(fromProducts('k'), 'q', untied)],
    ['distances that attract', networkOf({ ...sketchWithPlus() })],
  ])('%s are left as they are: they have no bound', async (_, written) => {
    const { analysed } = await prepare(written, { dims: {}, held: new Map() }, engine);
    expect(analysed.nodes.map(({ op }) => op)).not.toContain('DistanceAttention');
  });
});

function sketchWithPlus() {
  return {
    input: [4, 3],
    nodes: [
      node('Identity', ['x'], 'q'),
      ...fromDifferences('q').slice(0, -1),
      node('Softmax', ['distances'], 'shares', { axis: -1 }),
      node('MatMul', ['shares', 'q'], 'y'),
    ],
    constants: { zero: ints([0]), one: ints([1]), last: ints([-1]), two: { shape: [], values: [2] } },
  };
}

/** Softmax(-|q_i - q_j|^2) q. */
function mixtures(q: Float64Array, n: number, d: number): Float64Array {
  const out = new Float64Array(n * d);
  for (let i = 0; i < n; i++) {
    const shares = Array.from({ length: n }, (_, j) => {
      let square = 0;
      for (let k = 0; k < d; k++) square += (q[i * d + k]! - q[j * d + k]!) ** 2;
      return Math.exp(-square);
    });
    const total = shares.reduce((sum, share) => sum + share, 0);
    for (let j = 0; j < n; j++) for (let k = 0; k < d; k++) out[i * d + k]! += (shares[j]! / total) * q[j * d + k]!;
  }
  return out;
}

const lengths = {
  l1: (v: Float64Array) => v.reduce((sum, value) => sum + Math.abs(value), 0),
  l2: (v: Float64Array) => Math.hypot(...v),
  linf: (v: Float64Array) => v.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
};

it('no direction at any point moves a mixture by more than the rule says', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 3 }),
      fc.double({ min: 0.05, max: 4, noNaN: true }),
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 21, maxLength: 21 }),
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 21, maxLength: 21 }),
      (n, d, scale, place, direction) => {
        const shape = [n, d];
        const rule = distanceAttention.rule({
          node: nodeOf('DistanceAttention', 'a', ['v', 'q'], ['y']),
          opset: 21,
          input: () => ({ type: 'float64', shape }),
          output: () => ({ type: 'float64', shape }),
          constant: () => undefined,
        });
        if (rule.kind !== 'join') throw new Error(`It is ${rule.kind}.`);
        const q = Float64Array.from(place.slice(0, n * d), (value) => scale * value);
        for (const by of [
          Float64Array.from(direction.slice(0, n * d)),
          ...[0, n * d - 1].map((k) => q.map((_, i) => (i === k ? 1 : 0))),
        ]) {
          const step = 1e-6;
          const [up, down] = [1, -1].map((sign) =>
            mixtures(
              q.map((value, i) => value + sign * step * by[i]!),
              n,
              d,
            ),
          );
          const moved = up!.map((value, i) => (value - down![i]!) / (2 * step));
          for (const norm of ['l1', 'l2', 'linf'] as const)
            expect(lengths[norm](moved)).toBeLessThanOrEqual(
              rule.combine(norm, [1, 1]) * lengths[norm](by) * (1 + 1e-6) + 1e-8,
            );
        }
      },
    ),
    { seed: 31, numRuns: 1500 },
  );
});
