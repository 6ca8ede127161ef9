import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { functionOf } from '../../core/operators/activations.ts';
import { slopesOn } from '../../core/operators/activation-function.ts';
import { factsOf } from '../../core/operators/facts.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime } from '../operators/against-runtime.ts';
import { networkOf, type NodeSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const node = (op: string, inputs: string[], output: string): NodeSketch => ({ op, inputs, outputs: [output] });
const scalar = (value: number) => ({ shape: [], values: [value] });
const constants = { two: scalar(2), less: scalar(-1.5), some: scalar(0.25), nothing: scalar(0) };
const networkFor = (nodes: readonly NodeSketch[]) => networkOf({ input: [2, 5], constants, nodes });
const analysedOf = async (nodes: readonly NodeSketch[]) =>
  (await prepare(networkFor(nodes), { dims: {}, held: new Map() }, engine)).analysed;

const square = node('Mul', ['x', 'x'], 's');
const power = node('Pow', ['x', 'two'], 's');
const found: [string, NodeSketch[], string, (x: number) => number][] = [
  ['e^(-x^2)', [square, node('Neg', ['s'], 'n'), node('Exp', ['n'], 'y')], 'Gaussian', (x) => Math.exp(-x * x)],
  [
    'e^((-1.5 x) x)',
    [node('Mul', ['less', 'x'], 'n'), node('Mul', ['n', 'x'], 'm'), node('Exp', ['m'], 'y')],
    'Gaussian',
    (x) => Math.exp(-1.5 * x * x),
  ],
  [
    'e^(-1.5 x^2 + 0.25)',
    [power, node('Mul', ['less', 's'], 'n'), node('Add', ['n', 'some'], 'm'), node('Exp', ['m'], 'y')],
    'Gaussian',
    (x) => Math.exp(0.25 - 1.5 * x * x),
  ],
  [
    'e^(0.25 - x^2 / 2)',
    [square, node('Div', ['s', 'two'], 'h'), node('Sub', ['some', 'h'], 'm'), node('Exp', ['m'], 'y')],
    'Gaussian',
    (x) => Math.exp(0.25 - (x * x) / 2),
  ],
  [
    'sqrt(x^2 + 0.25)',
    [power, node('Add', ['s', 'some'], 'n'), node('Sqrt', ['n'], 'y')],
    'RootOfSquare',
    (x) => Math.hypot(x, 0.5),
  ],
  [
    '1 / (x^2 + 0.25)',
    [square, node('Add', ['s', 'some'], 'n'), node('Reciprocal', ['n'], 'y')],
    'InverseOfSquare',
    (x) => 1 / (x * x + 0.25),
  ],
  [
    '-1.5 / (2 x^2 + 0.25)',
    [square, node('Mul', ['s', 'two'], 'd'), node('Add', ['d', 'some'], 'n'), node('Div', ['less', 'n'], 'y')],
    'InverseOfSquare',
    (x) => -1.5 / (2 * x * x + 0.25),
  ],
  [
    'log(x^2 + 2)',
    [square, node('Add', ['s', 'two'], 'n'), node('Log', ['n'], 'y')],
    'LogOfSquare',
    (x) => Math.log(x * x + 2),
  ],
];

describe('Bells and smooth sizes, written out', () => {
  it.each(found)('%s is recognised, with its constant', async (_, nodes, op) => {
    expect((await analysedOf(nodes)).nodes.map((each) => each.op)).toEqual([op]);
    await checkAgainstRuntime(networkFor(nodes), engine, { width: 3 });
  });

  it.each(found)('%s has the slopes that a fine grid shows, on the line and on intervals', async (_, nodes, _op, f) => {
    const network = await analysedOf(nodes);
    const own = functionOf(factsOf(network, network.nodes[0]!))!;
    const step = 1e-4;
    for (const [low, high] of [
      [-9, 9],
      [-0.5, 0.2],
      [0.3, 0.7],
      [-3, -1],
      [2, 2.5],
    ] as const) {
      const [least, most] = slopesOn(own, [low, high]);
      let [lowest, highest] = [Infinity, -Infinity];
      for (let x = low; x < high - step / 2; x += step) {
        const slope = (f(x + step) - f(x)) / step;
        [lowest, highest] = [Math.min(lowest, slope), Math.max(highest, slope)];
      }
      expect(least).toBeLessThanOrEqual(lowest + 1e-10);
      expect(most).toBeGreaterThanOrEqual(highest - 1e-10);
      expect(most - least).toBeLessThan(highest - lowest + 0.01);
    }
  });

  it.each<[string, NodeSketch[]]>([
    ['e^(x^2)', [square, node('Exp', ['s'], 'y')]],
    ['sqrt(x^2), which is not smooth at 0', [square, node('Sqrt', ['s'], 'y')]],
    ['1 / (x^2 - 1.5)', [square, node('Add', ['s', 'less'], 'n'), node('Reciprocal', ['n'], 'y')]],
    ['log(x^2)', [power, node('Log', ['s'], 'y')]],
  ])('%s is not', async (_, nodes) => {
    expect((await analysedOf(nodes)).nodes).toHaveLength(nodes.length);
  });
});
