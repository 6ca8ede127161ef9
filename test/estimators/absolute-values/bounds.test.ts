import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms, type Norm } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { largestChange, largestTotal } from '../../../core/estimators/absolute-values/by-columns.ts';
import { largestChangeByRows, largestTotalByRows } from '../../../core/estimators/absolute-values/by-rows.ts';
import {
  absoluteProducts,
  centredExpansion,
  centreExpansion,
} from '../../../core/estimators/absolute-values/method.ts';
import { expandedBound } from '../../../core/estimators/absolute-values/value.ts';
import type { BoundMethod, BoundQuestion } from '../../../core/estimators/conductor/method.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import type { Network } from '../../../core/network/network.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { networkOf, weights, type NodeSketch } from '../../operators/small-networks.ts';
import { singularValues, workOf } from '../norms/small-maps.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

async function questionOf(network: Network, norm: Norm): Promise<BoundQuestion> {
  const { runnable, analysed, input, output } = await prepare(network, { dims: {}, held: new Map() }, engine);
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  return { runnable, analysed, input, output, norm, region: { kind: 'all' }, rules, constantOf: () => Infinity };
}

async function bound(method: BoundMethod, question: BoundQuestion): Promise<number | undefined> {
  if (!method.applies(question)) return undefined;
  let value: number | undefined;
  for await (const found of method.run(question, workOf())) value = found.value;
  return value;
}

type Matrix = readonly (readonly number[])[];
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const absolute = (a: Matrix): Matrix => a.map((row) => row.map(Math.abs));
const plus = (a: Matrix, b: Matrix): Matrix => a.map((row, i) => row.map((value, j) => value + b[i]![j]!));
const times = (factor: number, a: Matrix): Matrix => a.map((row) => row.map((value) => factor * value));
const rowSum = (a: Matrix): number => Math.max(...a.map((row) => row.reduce((sum, value) => sum + Math.abs(value), 0)));
const columnSum = (a: Matrix): number => rowSum(a[0]!.map((_, j) => a.map((row) => row[j]!)));
const normOf = (norm: Norm, a: Matrix): number =>
  norm === 'linf' ? rowSum(a) : norm === 'l1' ? columnSum(a) : singularValues(a.map((row) => [...row]))[0]!;

/** A chain of dense layers with an activation between them, and its weight matrices. */
function chain(sizes: readonly number[], activation: Omit<NodeSketch, 'inputs'>, seed: number) {
  const nodes: NodeSketch[] = [];
  const constants: Record<string, ReturnType<typeof weights>> = {};
  const matrices: Matrix[] = [];
  let current = 'x';
  for (let l = 1; l < sizes.length; l++) {
    const shape = [sizes[l]!, sizes[l - 1]!];
    const own = weights(shape, seed + l);
    constants[`w${l}`] = own;
    matrices.push(Array.from({ length: shape[0]! }, (_, i) => Array.from({ length: shape[1]! }, (_v, j) => Math.fround(own.values[i * shape[1]! + j]!)))); // prettier-ignore
    nodes.push({ op: 'Gemm', inputs: [current, `w${l}`], outputs: [`h${l}`], attributes: { transB: 1 } });
    current = `h${l}`;
    if (l === sizes.length - 1) break;
    nodes.push({ ...activation, inputs: [current], outputs: [`a${l}`] });
    current = `a${l}`;
  }
  return { network: networkOf({ opset: 21, input: [1, sizes[0]!], nodes, constants, output: current }), matrices };
}

/** R_j = |W_j ... W_1| m^(j-1) + sum over i of m^(j-i-1) |W_j ... W_(i+1)| r R_i, written down matrix by matrix. */
function expandedByHand(matrices: readonly Matrix[], m: number, r: number): Matrix {
  const between = (i: number, j: number): Matrix =>
    matrices.slice(i, j).reduce<Matrix>((sum, own, k) => (k === 0 ? own : times(m, product(own, sum))), []);
  const sums: Matrix[] = [];
  for (let j = 1; j <= matrices.length; j++) {
    let sum = absolute(between(0, j));
    for (let i = 1; i < j; i++) sum = plus(sum, product(absolute(between(i, j)), times(r, sums[i - 1]!)));
    sums.push(sum);
  }
  return sums.at(-1)!;
}

const shapes = [[3, 5, 4, 2], [4, 6, 1], [2, 3, 3, 3, 3]]; // prettier-ignore

describe('bounds by absolute values', () => {
  it.each(shapes.map((sizes) => [sizes]))(
    'of a ReLU chain %j are the products of matrices written down',
    async (sizes) => {
      const { network, matrices } = chain(sizes, { op: 'Relu' }, 11);
      const paths = matrices.slice(1).reduce((sum, own) => product(absolute(own), sum), absolute(matrices[0]!));
      const centred = expandedByHand(matrices, 0.5, 0.5);
      for (const norm of ['l1', 'linf'] as const) {
        const question = await questionOf(network, norm);
        expect((await bound(absoluteProducts, question))! / normOf(norm, paths)).toBeCloseTo(1, 10);
        expect((await bound(centreExpansion, question))! / normOf(norm, centred)).toBeCloseTo(1, 10);
      }
      const l2 = (await bound(centreExpansion, await questionOf(network, 'l2')))!;
      expect(l2 / Math.sqrt(rowSum(centred) * columnSum(centred))).toBeCloseTo(1, 10);
    },
  );

  it('of a leaky chain go around its own middle slope', async () => {
    const { network, matrices } = chain([3, 5, 4, 2], { op: 'LeakyRelu', attributes: { alpha: { float: -0.5 } } }, 5);
    const question = await questionOf(network, 'linf');
    expect((await bound(centreExpansion, question))! / rowSum(expandedByHand(matrices, 0.25, 0.75))).toBeCloseTo(1, 10);
  });

  it('lie above the Jacobian for every pattern of slopes on 120 chains, rounding errors included', async () => {
    const activations = [
      { op: 'Relu', slopes: [0, 1] },
      { op: 'LeakyRelu', slopes: [Math.fround(0.01), 1] },
      { op: 'Abs', slopes: [-1, 1] },
      // Slopes reached by GELU and HardSwish (one-sided, at 3 and -3).
      { op: 'Gelu', slopes: [-0.1289, 1.1289] },
      { op: 'HardSwish', slopes: [-0.5, 1.5] },
    ];
    for (let seed = 1; seed <= 120; seed++) {
      const { op, slopes } = activations[seed % activations.length]!;
      const sizes = shapes[seed % 2]!.map((size) => Math.min(size, 3));
      const { network, matrices } = chain(sizes, { op }, 31 * seed);
      const hidden = sizes.slice(1, -1).reduce((sum, size) => sum + size, 0);
      const jacobians = Array.from({ length: 2 ** hidden }, (_, pattern) => {
        let unit = 0;
        return matrices.reduce<Matrix>((sum, own, l) => {
          const next = l === 0 ? own : product(own, sum);
          return l === matrices.length - 1
            ? next
            : next.map((row) => times(slopes[(pattern >> unit++) & 1]!, [row])[0]!);
        }, []);
      });
      for (const norm of norms) {
        const most = Math.max(...jacobians.map((jacobian) => normOf(norm, jacobian)));
        const question = await questionOf(network, norm);
        for (const method of [absoluteProducts, centreExpansion]) {
          const value = await bound(method, question);
          if (value !== undefined) expect(value, `${method.name}, ${norm}, seed ${seed}`).toBeGreaterThanOrEqual(most * (1 - 1e-14)); // prettier-ignore
        }
      }
    }
  });

  it('see that branches cancel', async () => {
    const relu = { w: weights([3, 3], 1) };
    const twice: NodeSketch[] = [
      { op: 'Gemm', inputs: ['x', 'w'] },
      { op: 'Sub', inputs: ['y0', 'x'] },
      { op: 'Add', inputs: ['y1', 'x'] },
    ];
    const cancelling = networkOf({ input: [1, 3], nodes: twice, constants: relu });
    const matrix = networkOf({ input: [1, 3], nodes: twice.slice(0, 1), constants: relu });
    const both = await Promise.all([cancelling, matrix].map(async (network) => bound(centreExpansion, await questionOf(network, 'linf')))); // prettier-ignore
    expect(both[0]! / both[1]!).toBeCloseTo(1, 10);
    // max(x, -x) = |x| element by element.
    const absolute = networkOf({
      input: [1, 3],
      nodes: [
        { op: 'Neg', inputs: ['x'] },
        { op: 'Max', inputs: ['x', 'y0'] },
      ],
    });
    expect(await bound(centreExpansion, await questionOf(absolute, 'linf'))).toBeCloseTo(1, 10);
  });

  it('come out the same by rows and by columns on graphs with every kind of step', async () => {
    const network = networkOf({
      opset: 21,
      input: [1, 2, 4, 4],
      nodes: [
        { op: 'Conv', inputs: ['x', 'k'], outputs: ['c'], attributes: { pads: [1, 1, 1, 1] } },
        { op: 'Gelu', inputs: ['c'], outputs: ['g'] },
        { op: 'Conv', inputs: ['g', 'l'], outputs: ['d'], attributes: { pads: [1, 1, 1, 1] } },
        { op: 'Sub', inputs: ['d', 'x'], outputs: ['s'] },
        { op: 'Concat', inputs: ['s', 'c'], outputs: ['j'], attributes: { axis: 1 } },
        { op: 'MaxPool', inputs: ['j'], outputs: ['p'], attributes: { kernel_shape: [2, 2], strides: [1, 1] } },
        { op: 'Split', inputs: ['p'], outputs: ['q', 'r'], attributes: { axis: 1, num_outputs: 2 } },
        { op: 'Max', inputs: ['q', 'r'], outputs: ['m'] },
        { op: 'Softmax', inputs: ['m'], outputs: ['o'], attributes: { axis: 1 } },
        { op: 'ReduceMean', inputs: ['o'], outputs: ['e'], attributes: { keepdims: 0 } },
      ],
      constants: { k: weights([2, 2, 3, 3], 3), l: weights([2, 2, 3, 3], 4) },
      output: 'o',
    });
    for (const norm of norms) {
      const question = await questionOf(network, norm);
      const expansion = centredExpansion(question, norm)!;
      const columns = (await expandedBound(expansion, { largestChange, largestTotal }, norm, workOf()))!;
      const byRows = { largestChange: largestChangeByRows, largestTotal: largestTotalByRows };
      expect(columns / (await expandedBound(expansion, byRows, norm, workOf()))!).toBeCloseTo(1, 10);
    }
  });
});
