import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms, type Norm } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { boundBlocks } from '../../../core/estimators/composition/block-bounds.ts';
import { blocksOf } from '../../../core/estimators/composition/blocks.ts';
import { compose } from '../../../core/estimators/composition/product.ts';
import { affineRule, analyse, productsOf } from '../../../core/inspection/layers.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { lengthOf } from '../../../core/region.ts';
import { constants, difference, openReference, pointOf, trueNorm } from '../../operators/against-runtime.ts';
import { ints, networkOf, weights, type NetworkSketch, type NodeSketch } from '../../operators/small-networks.ts';
import { evaluate } from '../../soundness/plain-evaluator.ts';
import { singularValues, workOf } from '../norms/small-maps.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

async function composed(
  sketch: NetworkSketch,
): Promise<{ plain: Record<Norm, number>; blocked: Record<Norm, number> }> {
  const { analysed, input, output } = await prepare(networkOf(sketch), { dims: {}, held: new Map() }, engine);
  const nodes = analyse(analysed, undefined);
  const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
  const closed = new Map(nodes.map((known) => [known.node.id, known]));
  const plain = constants(analysed, output, nodes);
  const blocked = { ...plain };
  for (const norm of norms) {
    const blocks = await boundBlocks(analysed, input, norm, rules, productsOf(nodes), workOf());
    const constantOf = (id: string): number => {
      const known = closed.get(id)!;
      const own = known.closed[norm];
      return own === undefined ? trueNorm(affineRule(analysed, known.node)!.map, norm) : (own.upper ?? Infinity);
    };
    const { upper } = compose(analysed, output, norm, rules, constantOf, blocks);
    if ('value' in upper) blocked[norm] = upper.value;
  }
  return { plain, blocked };
}

/** The matrix of an affine network, column by column, from ONNX Runtime. */
async function matrixOf(sketch: NetworkSketch): Promise<number[][]> {
  await using reference = await openReference(networkOf(sketch), engine);
  const size = sketch.input.reduce((product, own) => product * own, 1);
  const columns: Float64Array[] = [];
  for (let j = 0; j < size; j++)
    columns.push(await reference.evaluate(new Float64Array(size).map((_zero, i) => (i === j ? 1 : 0))));
  return [...columns[0]!].map((_, i) => columns.map((column) => column[i]!));
}

function normOf(rows: number[][], norm: Norm): number {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + Math.abs(value), 0);
  if (norm === 'linf') return Math.max(...rows.map(sum));
  if (norm === 'l1') return Math.max(...rows[0]!.map((_, j) => sum(rows.map((row) => row[j]!))));
  return singularValues(rows)[0]!;
}

const node = (op: string, inputs: readonly string[], output: string, attributes: NodeSketch['attributes'] = {}): NodeSketch => ({ op, inputs, outputs: [output], attributes }); // prettier-ignore

describe('A block that is bounded as a whole', () => {
  it.each<[string, NetworkSketch]>([
    [
      'x - mean(x)',
      {
        input: [1, 4],
        opset: 13,
        nodes: [node('ReduceMean', ['x'], 'm', { axes: [-1] }), node('Sub', ['x', 'm'], 'y')],
      },
    ],
    [
      'two matrices in a row',
      {
        input: [1, 4],
        constants: { a: weights([4, 5], 1), b: weights([5, 3], 2) },
        nodes: [node('MatMul', ['x', 'a'], 'h'), node('MatMul', ['h', 'b'], 'y')],
      },
    ],
    [
      'repeated borders written out, before a convolution',
      {
        input: [1, 1, 6],
        constants: {
          zero: ints([0]),
          one: ints([1]),
          five: ints([5]),
          six: ints([6]),
          axis: ints([2]),
          w: weights([2, 1, 3], 3),
        },
        nodes: [
          node('Slice', ['x', 'zero', 'one', 'axis'], 'left'),
          node('Slice', ['x', 'five', 'six', 'axis'], 'right'),
          node('Concat', ['left', 'x', 'right'], 'padded', { axis: 2 }),
          node('Conv', ['padded', 'w'], 'y'),
        ],
      },
    ],
    [
      'branches that meet, affine',
      {
        input: [1, 3],
        constants: { a: weights([3, 3], 5), b: weights([3, 3], 6) },
        nodes: [
          node('MatMul', ['x', 'a'], 'p'),
          node('MatMul', ['p', 'b'], 'q'),
          node('Sub', ['p', 'q'], 'r'),
          node('Add', ['r', 'x'], 'y'),
        ],
      },
    ],
  ])('has the exact constant of its matrix: %s', async (_, sketch) => {
    const { plain, blocked } = await composed(sketch);
    const rows = await matrixOf(sketch);
    for (const norm of norms) {
      const exact = normOf(rows, norm);
      expect(blocked[norm]).toBeGreaterThanOrEqual(exact * (1 - 1e-6));
      expect(blocked[norm]).toBeLessThanOrEqual(exact * (1 + 1e-6));
    }
    expect(blocked.l2).toBeLessThan(plain.l2);
  });

  it('sorted pairs count as 1 in every norm, and near misses do not', async () => {
    const maxMin = (first: string, together: readonly string[]): NetworkSketch => ({
      input: [1, 6],
      constants: { halves: ints([3, 3]) },
      nodes: [
        { op: 'Split', inputs: ['x', 'halves'], outputs: ['a', 'b'], attributes: { axis: 1 } },
        node('Max', [first, 'b'], 'larger'),
        node('Min', ['a', 'b'], 'smaller'),
        node('Concat', together, 'y', { axis: 1 }),
      ],
    });
    const { plain, blocked } = await composed(maxMin('a', ['larger', 'smaller']));
    expect(blocked).toEqual({ l1: 1, l2: 1, linf: 1 });
    expect(plain.l2).toBeCloseTo(2, 9);
    for (const miss of [maxMin('b', ['larger', 'smaller']), maxMin('a', ['larger', 'larger'])])
      expect((await composed(miss)).blocked.l1).toBeGreaterThan(1.2);
  });

  it('begins where all paths come through, and is left by one tensor', async () => {
    const sketch: NetworkSketch = {
      input: [1, 3],
      constants: { a: weights([3, 3], 1) },
      nodes: [
        node('MatMul', ['x', 'a'], 'h'),
        node('Relu', ['h'], 'r'),
        node('Tanh', ['r'], 't'),
        node('Add', ['r', 't'], 's'),
        node('Add', ['s', 'x'], 'y'),
      ],
    };
    const { analysed, input } = await prepare(networkOf(sketch), { dims: {}, held: new Map() }, engine);
    const rules = new Map(analyse(analysed, undefined).map((known) => [known.node.id, known.rule]));
    const found = blocksOf(analysed, input, rules).map(({ entry, exit }) => `${entry} → ${exit}`);
    expect(found).toEqual(['r → s', 'x → y']);
  });

  it('is never below a sampled quotient, nor above the bound node by node, in random graphs', async () => {
    const ops = ['Relu', 'Tanh', 'Abs', 'MatMul', 'MatMul', 'Add', 'Sub', 'Max', 'Concat', 'ReduceMean'] as const;
    const recipe = fc.array(fc.record({ op: fc.constantFrom(...ops), a: fc.nat(20), b: fc.nat(20), seed: fc.nat(500) }), { minLength: 2, maxLength: 9 }); // prettier-ignore
    let tighter = 0;
    await fc.assert(
      fc.asyncProperty(recipe, async (steps) => {
        const names: [string, number][] = [['x', 3]];
        const nodes: NodeSketch[] = [];
        const tensors: Record<string, ReturnType<typeof weights>> = {};
        for (const [at, { op, a, b, seed }] of steps.entries()) {
          const [first, width] = names[a % names.length]!;
          const [second, other] = names[b % names.length]!;
          const output = `t${at}`;
          let size = width;
          if (op === 'MatMul') {
            tensors[`w${at}`] = weights([width, 3], seed + 1);
            nodes.push(node('MatMul', [first, `w${at}`], output));
            size = 3;
          } else if (op === 'Concat') {
            if (width + other > 8) continue;
            nodes.push(node('Concat', [first, second], output, { axis: 1 }));
            size = width + other;
          } else if (op === 'ReduceMean') {
            nodes.push(node('ReduceMean', [first], output, { axes: [-1] }));
            size = 1;
          } else if (op === 'Add' || op === 'Sub' || op === 'Max') {
            if (width !== other && width !== 1 && other !== 1) continue;
            nodes.push(node(op, [first, second], output));
            size = Math.max(width, other);
          } else nodes.push(node(op, [first], output));
          names.push([output, size]);
        }
        if (nodes.length === 0) return;
        const sketch = { input: [1, 3], opset: 13, constants: tensors, nodes };
        const { plain, blocked } = await composed(sketch);
        const network = networkOf(sketch);
        for (const norm of norms) {
          expect(blocked[norm]).toBeLessThanOrEqual(plain[norm] * (1 + 1e-12));
          if (blocked[norm] < plain[norm] * 0.99) tighter++;
          for (let k = 0; k < 12; k++) {
            const x = pointOf(3, 20 + k);
            const step = pointOf(3, 60 + k);
            const y = x.map((value, i) => value + (k % 2 === 0 ? 1 : 1e-3) * step[i]!);
            const moved = difference(Float64Array.from(evaluate(network, x)), Float64Array.from(evaluate(network, y)));
            expect(lengthOf(moved, norm)).toBeLessThanOrEqual(
              blocked[norm] * lengthOf(difference(x, y), norm) * (1 + 1e-9) + 1e-12,
            );
          }
        }
      }),
      { numRuns: 120, seed: 11 },
    );
    expect(tighter).toBeGreaterThan(40);
  });
});
