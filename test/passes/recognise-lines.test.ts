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

/** "Greater x zero -> c": an operator, what it reads and what it makes. */
function nodesOf(lines: string): NodeSketch[] {
  return lines.split(';').map((line) => {
    const [left, output] = line.split('->') as [string, string];
    const [op, ...inputs] = left.trim().split(/\s+/) as [string, ...string[]];
    const attributes = op === 'Cast' ? { attributes: { to: 1 } } : {};
    return { op, inputs, outputs: [output.trim()], ...attributes };
  });
}

const numbers = { zero: 0, one: 1, less: -1, two: 2, half: 0.5, third: 0.3, fifth: 0.2, three: 3 };
const constants = Object.fromEntries(
  Object.entries(numbers).map(([name, value]) => [name, { shape: [], values: [value] }]),
);
const networkFor = (lines: string) => networkOf({ input: [2, 5], constants, nodes: nodesOf(lines) });

const opsOf = async (lines: string): Promise<string[]> =>
  (await prepare(networkFor(lines), { dims: {}, held: new Map() }, engine)).analysed.nodes.map(({ op }) => op);

describe('Choices that are straight lines which meet', () => {
  it.each<[string, string, string[]]>([
    ['x (x > 0)', 'Greater x zero -> c; Cast c -> f; Mul x f -> y', ['Relu']],
    ['x > 0 ? 2 x : x / 2', 'Greater x zero -> c; Mul x two -> a; Mul x half -> b; Where c a b -> y', ['PRelu', 'Mul']],
    [
      'x > 0 ? 2 x : -x / 2',
      'Less zero x -> c; Mul x two -> a; Mul x half -> h; Neg h -> b; Where c a b -> y',
      ['PRelu', 'Mul'],
    ],
    ['x > 0 ? 0 : 3 x', 'Greater x zero -> c; Mul x three -> b; Where c zero b -> y', ['Neg', 'Relu', 'Mul']],
    [
      'x > 1 ? 2 x - 1 : x',
      'Greater x one -> c; Mul x two -> d; Sub d one -> a; Where c a x -> y',
      ['Sub', 'PRelu', 'Mul', 'Add'],
    ],
    [
      'x > 0 ? 0.3 x : 0.2 x',
      'Greater x zero -> c; Mul x third -> a; Mul x fifth -> b; Where c a b -> y',
      ['Relu', 'Mul', 'Neg', 'Relu', 'Mul', 'Sub'],
    ],
    [
      'x > 1 ? 1 : x < -1 ? -1 : x',
      'Greater x one -> c; Less x less -> d; Where d less x -> i; Where c one i -> y',
      ['Clip'],
    ],
    [
      'x < -1 or x > 1 ? sign(x) : x',
      'Greater x one -> c; Less x less -> d; Or c d -> e; Sign x -> s; Where e s x -> y',
      ['Clip'],
    ],
    [
      'sign(x) (|x| - 1) where |x| > 1',
      'Abs x -> a; Greater a one -> c; Sub a one -> m; Sign x -> s; Mul s m -> p; Where c p zero -> y',
      ['Sub', 'Abs', 'Mul', 'Sub', 'Abs', 'Mul', 'Add', 'Add'],
    ],
    [
      'relu(x) (x > 1) + (x <= 1) max(x, 0)',
      'Relu x -> r; Greater x one -> c; Cast c -> f; Mul r f -> p; LessOrEqual x one -> d; Cast d -> g; Max x zero -> m; Mul m g -> q; Add p q -> y',
      ['Relu'],
    ],
  ])('%s is written as what bends', async (_, lines, ops) => {
    expect(await opsOf(lines)).toEqual(ops);
    await checkAgainstRuntime(networkFor(lines), engine, { width: 3 });
  });

  it.each([
    ['x (x > 1)', 'Greater x one -> c; Cast c -> f; Mul x f -> y'],
    ['x < 0 ? -1 : x', 'Less x zero -> c; Where c less x -> y'],
    [
      'x > 0.3 ? 2 x : x + 0.3, off by a rounding',
      'Greater x third -> c; Mul x two -> a; Mul x third -> t; Add t fifth -> b; Where c a b -> y',
    ],
    [
      'x < 1 ? x : x > 1 ? x : 0, at one point',
      'Less x one -> c; Greater x one -> d; Where d x zero -> i; Where c x i -> y',
    ],
  ])('%s jumps', async (_, lines) => {
    await checkAgainstRuntime(networkFor(lines), engine, {
      unboundedEverywhere: true,
      unboundedOnBox: true,
      width: 10,
    });
  });
});
