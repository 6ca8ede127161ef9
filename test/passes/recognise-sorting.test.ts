import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { boundBlocks } from '../../core/estimators/composition/block-bounds.ts';
import { compose } from '../../core/estimators/composition/product.ts';
import { analyse, layerEntries, productsOf } from '../../core/inspection/layers.ts';
import { elementCount, type Shape } from '../../core/network/tensor.ts';
import { Orders } from '../../core/operators/order-statistics.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { workOf } from '../estimators/norms/small-maps.ts';
import { checkAgainstRuntime, openReference, pointOf } from '../operators/against-runtime.ts';
import { ints, networkOf, type NetworkSketch, type NodeSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const node = (op: string, inputs: string, outputs: string, attributes: NodeSketch['attributes'] = {}): NodeSketch => ({
  op,
  inputs: inputs.split(', '),
  outputs: outputs.split(', '),
  attributes,
});

const constants = {
  pairs: ints([2, 3, 2]),
  quads: ints([3, 4]),
  images: ints([1, 2, 2, 2, 2]),
  back: ints([1, 12]),
  'back to images': ints([1, 4, 2, 2]),
  one: ints([1]),
  two: ints([2]),
  four: ints([4]),
  last: ints([-1]),
  start: ints([0]),
  second: ints([1]),
  end: ints([100]),
};

/** Halves, neighbours, every other element; by Max and Min, reductions, TopK, Where. */
const sorts: readonly (readonly [string, 'MaxMin' | 'GroupSort', Shape, readonly NodeSketch[]])[] = [
  [
    'halves',
    'MaxMin',
    [1, 12],
    [
      node('Split', 'x', 'a, b', { axis: 1, num_outputs: 2 }),
      node('Max', 'a, b', 'p'),
      node('Min', 'b, a', 'q'),
      node('Concat', 'p, q', 'y', { axis: 1 }),
    ],
  ],
  [
    'halves chosen by a comparison',
    'MaxMin',
    [1, 12],
    [
      node('Split', 'x', 'a, b', { axis: 1, num_outputs: 2 }),
      node('Greater', 'a, b', 'c'),
      node('Where', 'c, a, b', 'p'),
      node('Less', 'a, b', 'd'),
      node('Where', 'd, a, b', 'q'),
      node('Concat', 'q, p', 'y', { axis: 1 }),
    ],
  ],
  [
    'neighbours in a last axis of two',
    'MaxMin',
    [1, 12],
    [
      node('Reshape', 'x, pairs', 'r'),
      node('ReduceMax', 'r, last', 'p', { keepdims: 1 }),
      node('ReduceMin', 'r, last', 'q', { keepdims: 1 }),
      node('Concat', 'p, q', 's', { axis: -1 }),
      node('Reshape', 's, back', 'y'),
    ],
  ],
  [
    'every other channel',
    'MaxMin',
    [1, 4, 2, 2],
    [
      node('Slice', 'x, start, end, one, two', 'a'),
      node('Slice', 'x, second, end, one, two', 'b'),
      node('Max', 'a, b', 'p'),
      node('Min', 'a, b', 'q'),
      node('Unsqueeze', 'p, two', 'p2'),
      node('Unsqueeze', 'q, two', 'q2'),
      node('Concat', 'p2, q2', 's', { axis: 2 }),
      node('Reshape', 's, back to images', 'y'),
    ],
  ],
  [
    'fours by TopK',
    'GroupSort',
    [1, 12],
    [
      node('Reshape', 'x, quads', 'r'),
      node('TopK', 'r, four', 's, places', { axis: 1, largest: 0 }),
      node('Reshape', 's, back', 'y'),
    ],
  ],
  ['everything', 'GroupSort', [1, 4, 2, 2], [node('TopK', 'x, four', 'y, places', { axis: 1 })]],
];

const sketch = (input: Shape, nodes: readonly NodeSketch[]): NetworkSketch => ({
  input,
  nodes,
  constants,
  output: 'y',
});
const prepared = (input: Shape, nodes: readonly NodeSketch[]) =>
  prepare(networkOf(sketch(input, nodes)), { dims: {}, held: new Map() }, engine);

async function upperEnds(input: Shape, nodes: readonly NodeSketch[]): Promise<readonly number[]> {
  const ready = await prepared(input, nodes);
  const known = analyse(ready.analysed, undefined);
  const rules = new Map(known.map(({ node: own, rule }) => [own.id, rule]));
  const closed = new Map(known.map((own) => [own.node.id, own.closed]));
  const ends: number[] = [];
  for (const norm of norms) {
    const blocks = await boundBlocks(ready.analysed, 'x', norm, rules, productsOf(known), workOf());
    const of = (id: string): number => closed.get(id)?.[norm]?.upper ?? Number.POSITIVE_INFINITY;
    const { upper } = compose(ready.analysed, ready.output, norm, rules, of, blocks);
    ends.push('value' in upper ? upper.value : Number.POSITIVE_INFINITY);
  }
  return ends;
}

describe('Sorting within groups, written out in small operators', () => {
  it.each(sorts)('%s: one row, %s, of constant 1 in every norm', async (_, op, input, nodes) => {
    const ready = await prepared(input, nodes);
    const rows = layerEntries(ready, analyse(ready.analysed, undefined));
    expect(rows.map((row) => row.op)).toEqual([op]);
    expect(rows[0]!.norms.l2).toMatchObject({ lower: 1, upper: 1 });
    expect(rows[0]!.kind).toBe('activation');
    expect(await upperEnds(input, nodes)).toEqual([1, 1, 1]);
    await checkAgainstRuntime(networkOf(sketch(input, nodes)), engine, { points: 6 });
  });

  it('is not what only looks like it', async () => {
    const split = node('Split', 'x', 'a, b', { axis: 1, num_outputs: 2 });
    const [larger, smaller] = [node('Max', 'a, b', 'p'), node('Min', 'a, b', 'q')];
    const misses: readonly (readonly NodeSketch[])[] = [
      // The larger ones twice, the input again, three that overlap, the other half of another tensor.
      [split, larger, node('Concat', 'p, p', 'y', { axis: 1 })],
      [split, larger, node('Concat', 'p, a', 'y', { axis: 1 })],
      [split, larger, smaller, node('Max', 'p, b', 'r'), node('Concat', 'r, q', 'y', { axis: 1 })],
      [split, node('Neg', 'b', 'n'), node('Max', 'a, n', 'p'), smaller, node('Concat', 'p, q', 'y', { axis: 1 })],
    ];
    for (const nodes of misses) {
      const ready = await prepared([1, 12], nodes);
      expect(ready.analysed.nodes.map(({ op }) => op)).not.toContain('MaxMin');
      expect((await upperEnds([1, 12], nodes))[0]).toBeGreaterThan(1);
    }
  });

  it('leaves a maximum that somebody else reads in the table', async () => {
    const [, , input, nodes] = sorts[2]!;
    const ready = await prepared(input, [
      ...nodes.slice(0, -1),
      node('Reshape', 's, back', 'sorted'),
      node('ReduceSum', 'p', 'more', { keepdims: 0 }),
      node('Add', 'sorted, more', 'y'),
    ]);
    const rows = layerEntries(ready, analyse(ready.analysed, undefined));
    expect(rows.map((row) => row.op)).toEqual(['ReduceMax', 'MaxMin', 'ReduceSum']);
  });

  it('knows of every element which of which it is, as ONNX Runtime computes it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sorts),
        fc.integer({ min: 1, max: 1e6 }),
        async ([, , input, nodes], seed) => {
          const { runnable } = await prepared(input, nodes);
          const order = new Orders(runnable).of('y');
          // Where is no operator of this kind before it is recognised.
          if (order?.base !== 'x') return;
          await using reference = await openReference(networkOf(sketch(input, nodes)), engine);
          const x = pointOf(elementCount(input), seed);
          const image = await reference.evaluate(x);
          order.members.forEach((group, i) => {
            const values = group.map((member) => x[member]!).sort((a, b) => b - a);
            expect(image[i]).toBe(values[order.ranks[i]!]);
          });
        },
      ),
      { numRuns: 12, seed: 3 },
    );
  });
});
