import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime } from '../operators/against-runtime.ts';
import { networkOf, weights, type NodeSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const node = (op: string, inputs: string[], output: string): NodeSketch => ({ op, inputs, outputs: [output] });
const scalar = (value: number) => ({ shape: [], values: [value] });
const constants = { zero: scalar(0), nought: scalar(0), one: scalar(1), slope: weights([5], 3) };
const networkFor = (nodes: readonly NodeSketch[]) => networkOf({ input: [2, 5], constants, nodes });
const opsOf = async (nodes: readonly NodeSketch[]): Promise<string[]> =>
  (await prepare(networkFor(nodes), { dims: {}, held: new Map() }, engine)).analysed.nodes.map(({ op }) => op);

const scaled = node('Mul', ['slope', 'x'], 'scaled');
const doubled = node('Add', ['x', 'x'], 'doubled');

describe('A choice by a comparison of what is chosen from', () => {
  it.each<[string, NodeSketch[], string[]]>([
    ['x < 1 ? 1 : x', [node('Less', ['x', 'one'], 'c'), node('Where', ['c', 'one', 'x'], 'y')], ['Max']],
    ['1 > x ? x : 1', [node('Greater', ['one', 'x'], 'c'), node('Where', ['c', 'x', 'one'], 'y')], ['Min']],
    ['x >= 0 ? x : 0', [node('GreaterOrEqual', ['x', 'zero'], 'c'), node('Where', ['c', 'x', 'nought'], 'y')], ['Max']],
    [
      'x < 2x ? x : 2x',
      [doubled, node('Less', ['x', 'doubled'], 'c'), node('Where', ['c', 'x', 'doubled'], 'y')],
      ['Add', 'Min'],
    ],
    [
      'x < 0 ? s x : x',
      [scaled, node('Less', ['x', 'zero'], 'c'), node('Where', ['c', 'scaled', 'x'], 'y')],
      ['PRelu'],
    ],
    [
      'x >= 0 ? x : s x',
      [scaled, node('LessOrEqual', ['zero', 'x'], 'c'), node('Where', ['c', 'x', 'scaled'], 'y')],
      ['PRelu'],
    ],
  ])('%s is recognised, with its constant', async (_, nodes, ops) => {
    expect(await opsOf(nodes)).toEqual(ops);
    await checkAgainstRuntime(networkFor(nodes), engine);
  });

  it.each<[string, NodeSketch[], string[]]>([
    [
      'x > 1 ? x : 0',
      [node('Greater', ['x', 'one'], 'c'), node('Where', ['c', 'x', 'zero'], 'y')],
      ['ThresholdedRelu'],
    ],
    [
      'x > 0 ? s x : x + x',
      [scaled, doubled, node('Less', ['zero', 'x'], 'c'), node('Where', ['c', 'scaled', 'doubled'], 'y')],
      ['Mul', 'Add', 'Less', 'Where'],
    ],
    [
      'x < 1 ? s x : x',
      [scaled, node('Less', ['x', 'one'], 'c'), node('Where', ['c', 'scaled', 'x'], 'y')],
      ['Mul', 'Less', 'Where'],
    ],
    [
      'x >= 1 ? x : 0',
      [node('GreaterOrEqual', ['x', 'one'], 'c'), node('Where', ['c', 'x', 'zero'], 'y')],
      ['GreaterOrEqual', 'Where'],
    ],
  ])('%s has no constant where it may jump', async (_, nodes, ops) => {
    expect(await opsOf(nodes)).toEqual(ops);
    await checkAgainstRuntime(networkFor(nodes), engine, {
      unboundedEverywhere: true,
      unboundedOnBox: true,
      width: 10,
    });
  });

  it('has the constant of one side on a region that lies on that side', async () => {
    const nodes = [scaled, doubled, node('Less', ['zero', 'x'], 'c'), node('Where', ['c', 'scaled', 'doubled'], 'y')];
    await checkAgainstRuntime(networkFor(nodes), engine, { interval: [0.5, 2], unboundedEverywhere: true });
  });
});
